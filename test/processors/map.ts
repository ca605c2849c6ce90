import test from 'ava'
import { createAttempts } from '../../src/calls/attempts/create-attempts.js'
import { Failure } from '../../src/core/failure.js'
import type { Line } from '../../src/core/lines.js'
import type { Context } from '../../src/core/processor.js'
import { replace } from '../../src/processors/map/shape.js'
import { createMap, type MapOptions } from '../../src/processors/map.js'
import { drive } from '../helpers/processor.js'

const hundred = Array.from({ length: 100 }, (_, index) => String(index + 1))

/** Takes 0 to 996 ms, the same for the same line. */
const delay = ({ number }: Line) => (number * 7919) % 997

/** Calls that give the record back after a delay, and how many were open at most. */
const createCalls = (options: Partial<MapOptions>) => {
  const most = { running: 0, unsettled: 0 }
  let running = 0
  let begun = 0
  let emitted = 0
  const create = (context: Context) =>
    createMap(
      {
        call: line => {
          most.running = Math.max(most.running, ++running)
          return new Promise(resolve =>
            context.clock.after(delay(line), () => {
              running--
              resolve([line.bytes])
            }),
          )
        },
        id: () => 'id',
        concurrency: 8,
        order: 'input',
        window: 20,
        prepare: () => {
          most.unsettled = Math.max(most.unsettled, ++begun - emitted)
          return undefined
        },
        shape: replace,
        ...options,
      },
      {
        ...context,
        emit(lines, count) {
          emitted++
          return context.emit(lines, count)
        },
      },
    )
  return { create, most }
}

test('map keeps the order of the input and holds no more than the window', async t => {
  const { create, most } = createCalls({})
  const { out, delivered, taken } = await drive(create, [[0, ...hundred]])
  t.deepEqual(
    out.map(([, line]) => line),
    hundred,
  )
  t.deepEqual([delivered, taken, most], [100, 100, { running: 8, unsettled: 20 }])
})

test('map --order completion lets the fast ones pass', async t => {
  const { create, most } = createCalls({ order: 'completion' })
  const { out } = await drive(create, [[0, ...hundred]])
  const lines = out.map(([, line]) => line)
  t.notDeepEqual(lines, hundred)
  t.deepEqual(
    lines.toSorted((one, other) => Number(one) - Number(other)),
    hundred,
  )
  t.deepEqual(most, { running: 8, unsettled: 20 })
})

test('map --order-by calls the same value one after another', async t => {
  const { create } = createCalls({ order: 'completion', prepare: line => String(line.number % 3) })
  const { out } = await drive(create, [[0, ...hundred]])
  for (const key of [0, 1, 2]) {
    const lines = out.map(([, line]) => Number(line)).filter(number => number % 3 === key)
    t.deepEqual(
      lines,
      lines.toSorted((one, other) => one - other),
    )
  }
  t.is(out.length, 100)
})

test('map holds back while the reader sleeps', async t => {
  const { create, most } = createCalls({})
  const { out } = await drive(create, [[0, ...hundred]], { slow: 5000 })
  t.deepEqual(
    out.map(([, line]) => line),
    hundred,
  )
  t.true(most.unsettled <= 20)
})

for (const order of ['input', 'completion'] as const) {
  test(`what is done and not yet taken counts as held, also when it needed no call: --order ${order}`, async t => {
    const { create, most } = createCalls({ order, batch: true })
    const { out } = await drive(create, [[0, ...hundred.map(() => '[]')]], { slow: 5000 })
    t.is(out.length, 100)
    t.true(most.unsettled <= 21, String(most.unsettled))
  })
}

const oneAtATime = {
  id: () => 'id',
  concurrency: 1,
  order: 'input',
  prepare: () => undefined,
  shape: replace,
} as const

/** Three records of which the first fails once. */
const retryFirst = async (concurrency: number) => {
  const begun: [number, string][] = []
  const create = (context: Context) =>
    createMap(
      {
        call: createAttempts(
          async (line, { attempt }) => {
            begun.push([context.clock.now(), `${line.bytes.toString().trim()}.${attempt}`])
            if (attempt === 1 && line.number === 1) throw new Failure('exit', 'transient', 'Failed')
            return [line.bytes]
          },
          { timeout: 0, retries: 1, backoff: () => 100, recordDeadline: 0, clock: context.clock },
        ),
        ...oneAtATime,
        concurrency,
        window: 4,
      },
      context,
    )
  return { begun, ...(await drive(create, [[0, '1', '2', '3']])) }
}

test('a retry takes a slot that is free, and a waiting one leaves its slot to others', async t => {
  const { begun, out } = await retryFirst(2)
  t.deepEqual(begun, [
    [0, '1.1'],
    [0, '2.1'],
    [0, '3.1'],
    [100, '1.2'],
  ])
  t.deepEqual(out, [
    [100, '1'],
    [100, '2'],
    [100, '3'],
  ])
})

test('one at a time is one after another, retries included', async t => {
  const { begun } = await retryFirst(1)
  t.deepEqual(begun, [
    [0, '1.1'],
    [100, '1.2'],
    [100, '2.1'],
    [100, '3.1'],
  ])
})

test('of the calls that run at once no more are retries than the budget allows', async t => {
  const running = { first: 0, retry: 0 }
  let most = 0
  const create = (context: Context) =>
    createMap(
      {
        ...oneAtATime,
        call: createAttempts(
          async (line, { attempt }) => {
            const which = attempt === 1 ? 'first' : 'retry'
            running[which]++
            most = Math.max(most, running.retry)
            await new Promise<void>(resolve => context.clock.after(100, resolve))
            running[which]--
            if (attempt === 1) throw new Failure('exit', 'transient', 'Failed')
            return [line.bytes]
          },
          { timeout: 0, retries: 1, backoff: () => 0, recordDeadline: 0, clock: context.clock },
        ),
        concurrency: 10,
        retryBudget: { share: 0.2, floor: 3 },
        window: 40,
      },
      context,
    )
  const { out } = await drive(create, [[0, ...hundred.slice(0, 20)]])
  t.is(out.length, 20)
  t.is(most, 3)
})

test('a call whose maker rests keeps its place until its result counts', async t => {
  const begun: number[] = []
  const create = (context: Context) =>
    createMap(
      {
        call: async line => {
          begun.push(context.clock.now())
          const verdict = new Promise<undefined>(resolve => context.clock.after(1000, () => resolve(undefined)))
          return Object.assign([line.bytes], { verdict, keepsPlace: line.number < 3 })
        },
        ...oneAtATime,
        window: 2,
      },
      context,
    )
  const { out } = await drive(create, [[0, '1', '2', '3', '4']])
  t.deepEqual(begun, [0, 1000, 2000, 2000])
  t.deepEqual(
    out.map(([at]) => at),
    [1000, 2000, 3000, 3000],
  )
})

test('results in doubt take no place from others, and fail when nothing may come of them', async t => {
  const begun: number[] = []
  const create = (context: Context) => {
    const refuse = (number: number) =>
      new Promise<Failure | undefined>(resolve =>
        context.clock.after(1000, () =>
          resolve(number === 3 ? new Failure('output_parse', 'permanent', 'No') : undefined),
        ),
      )
    // Lines 1 and 2, 3 and 4, … count or fail together.
    const verdicts = new Map<number, Promise<Failure | undefined>>()
    return createMap(
      {
        call: async line => {
          begun.push(context.clock.now())
          const together = line.number - ((line.number - 1) % 2)
          if (!verdicts.has(together)) verdicts.set(together, refuse(together))
          const verdict = verdicts.get(together) ?? Promise.resolve(undefined)
          return Object.assign([line.bytes], { verdict })
        },
        ...oneAtATime,
        window: 2,
      },
      context,
    )
  }
  const { out, rejected } = await drive(create, [[0, '1', '2', '3', '4', '5', '6', '7']])
  t.deepEqual(begun, [0, 0, 0, 0, 0, 0, 0])
  t.deepEqual(
    out,
    ['1', '2', '5', '6', '7'].map(line => [1000, line]),
  )
  t.deepEqual(
    rejected.map(({ line, kind }) => [line, kind]),
    [
      ['3', 'output_parse'],
      ['4', 'output_parse'],
    ],
  )
})
