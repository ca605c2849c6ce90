import test from 'ava'
import { Failure, type FailureClass, type Kind } from '../../../src/core/failure.js'
import { Lines } from '../../../src/core/lines.js'
import type { Context, Kept, Stop } from '../../../src/core/processor.js'
import { stopAtOutage } from '../../../src/processors/map/stop-at-outage.js'
import { toLines } from '../../helpers/processor.js'

const start = () => {
  const passed: string[] = []
  const events: unknown[] = []
  const stops: (Stop | undefined)[] = []
  const context = stopAtOutage({
    emit(lines: Lines, records: number) {
      passed.push(`${records} emitted`)
      return lines.length === 0 ? undefined : Promise.resolve()
    },
    filter: (records: number, number: number) => passed.push(`${records} filtered at ${number}`),
    reject: (_: unknown, { kind }: Failure, attempts: unknown, kept: unknown) =>
      passed.push([kind, attempts, kept].join(' ')),
    stop: (reason: Stop) => stops.push(reason),
    event: (type: string, facts: object) => events.push([type, facts]),
  } as unknown as Context)
  const line = toLines(['1']).at(0)
  const fail = (count: number, kind: Kind = 'timeout', failureClass: FailureClass = 'transient', kept?: Kept) => {
    for (let index = 0; index < count; index++)
      context.reject(line, new Failure(kind, failureClass, ''), { attempts: 1, duration: 0 }, kept)
  }
  return { context, passed, events, stops, fail }
}

test('20 temporary failures end the run with 75, once, and say what to do', t => {
  const { fail, stops, events } = start()
  fail(19)
  t.deepEqual(stops, [])
  fail(5)
  t.deepEqual(stops, [
    {
      exit: 75,
      message:
        'Stopped: 20 of the last 20 records failed temporarily, which looks like an outage; try again later, or continue anyway with --dlq-outage off',
    },
  ])
  t.deepEqual(events, [['dlq.brake', { transient: 20, outcomes: 20 }]])
})

test('results and records that were dropped count as good', t => {
  const { context, fail, stops } = start()
  for (let index = 0; index < 6; index++) void context.emit(Lines.none, 1)
  for (let index = 0; index < 5; index++) context.filter(1, 7)
  fail(10)
  t.deepEqual(stops, [])
  fail(1)
  t.is(stops.length, 1)
})

test('bad records are no outage, nor what was never called or failed in an earlier run', t => {
  const { fail, stops } = start()
  fail(50, 'exit', 'permanent')
  const another = start()
  another.fail(50, 'cancelled')
  another.fail(50, 'timeout', 'transient', 'already')
  t.deepEqual([stops, another.stops], [[], []])
  another.fail(20, 'http_status', 'throttled')
  t.is(another.stops.length, 1)
})

test('all is passed on as it is, and a full output is waited for', t => {
  const { context, passed, fail } = start()
  t.is(context.emit(Lines.none, 3), undefined)
  t.true(context.emit(toLines(['1', '2'])) instanceof Promise)
  context.filter(2, 9)
  fail(1, 'timeout', 'transient', 'already')
  t.deepEqual(passed, ['3 emitted', '2 emitted', '2 filtered at 9', 'timeout [object Object] already'])
})
