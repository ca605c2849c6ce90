import test from 'ava'
import { noticeWaits } from '../../../src/cli/stream/notices.js'
import type { Shared } from '../../../src/cli/stream/stage.js'
import { createTally } from '../../../src/cli/stream/summary.js'
import { chooseMode, prepareMap } from '../../../src/commands/map/job.js'
import type { MapFlags } from '../../../src/commands/map/options.js'
import { createFakeClock } from '../../../src/core/clock.js'
import { Failure } from '../../../src/core/failure.js'
import { toLines } from '../../helpers/processor.js'

const usual = {
  concurrency: 2,
  order: 'input',
  timeout: 30_000,
  killAfter: 1000,
  maxResponse: 1000,
  maxLine: 1000,
  recordDeadline: 0,
  maxPause: 0,
  dlqOutage: 'off',
  backoff: { first: 1000, most: 1000, factor: 1 },
}

/** Two records whose calls are never answered; what is said of it on a clock of its own. */
const sayOf = async (more: object, rest: readonly string[] | undefined, ms: number) => {
  const flags = { ...usual, ...more } as unknown as MapFlags
  const clock = createFakeClock()
  const tally = createTally(clock)
  const said: string[] = []
  noticeWaits(tally, { warn: text => said.push(text) }, clock)
  const killing = new AbortController()
  const mode = chooseMode(flags, rest, 'map')
  mode.begin?.()
  const processor = prepareMap(mode, flags)(
    { messages: { warn() {}, note() {} }, id: () => 'id', isText: () => false } as unknown as Shared,
    {
      emit() {},
      reject() {},
      filter() {},
      giveBack() {},
      stop() {},
      event: tally.event,
      clock,
      stopping: killing.signal,
      killing: killing.signal,
    },
  )
  await processor.start?.()
  void processor.push(toLines(['1', '2']))
  await clock.advance(ms)
  killing.abort(new Failure('cancelled', 'transient', 'Over'))
  const ended = processor.end?.()
  await clock.advance(10_000)
  await ended
  mode.killNow()
  return said
}

test('workers that hold their answers back: said after 30 s, with what turns that off', async t => {
  const said = await sayOf({ worker: true }, ['sed', 's/1/2/'], 30_000)
  t.deepEqual(said, [
    'No answer from any worker in 30s although each was given a line: does it buffer its output? Try sed -u',
  ])
})

test('the same when each record is a call of its own', async t => {
  const said = await sayOf({ worker: true, recordDeadline: 86_400_000 }, ['sed', 's/1/2/'], 30_000)
  t.regex(said.join('\n'), /^No answer from any worker in 30s although each was given a line: .* Try sed -u$/)
})

test('a command that does not end: said after 30 s, and not before its --timeout', async t => {
  const command = ['sleep', '1000']
  t.deepEqual(await sayOf({}, command, 30_000), ['No answer from any call in 30s although 2 are running'])
  t.deepEqual(await sayOf({ timeout: 0 }, command, 30_000), ['No answer from any call in 30s although 2 are running'])
  t.deepEqual(await sayOf({ timeout: 600_000 }, command, 599_000), [])
  t.deepEqual(await sayOf({ timeout: 600_000 }, command, 600_000), [
    'No answer from any call in 10m although 2 are running',
  ])
})
