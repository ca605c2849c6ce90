import test from 'ava'
import { createAttempts } from '../../../src/calls/attempts/create-attempts.js'
import { createEntrance } from '../../../src/calls/attempts/entrance.js'
import { createPatience } from '../../../src/calls/attempts/patience.js'
import { createPauses } from '../../../src/calls/attempts/pauses.js'
import { type CallRate, correct, createRates } from '../../../src/calls/attempts/rates.js'
import type { Call, CallContext } from '../../../src/calls/call.js'
import type { Clock } from '../../../src/core/clock.js'
import { Failure } from '../../../src/core/failure.js'
import type { Line } from '../../../src/core/lines.js'
import type { Context } from '../../../src/core/processor.js'
import { createCallLimit } from '../../../src/core/rules/gcra.js'
import { replace } from '../../../src/processors/map/shape.js'
import { createMap } from '../../../src/processors/map.js'
import { drive } from '../../helpers/processor.js'
import { createTokenBucket } from '../../helpers/token-bucket.js'

type Setting = {
  readonly call?: (line: Line, attempt: CallContext & { readonly clock: Clock }) => Promise<readonly Buffer[]>
  readonly retries?: number
  readonly concurrency?: number
}

type Sent = { readonly at: number; readonly line: number }

/** A stage whose calls keep these rates, and when each call was sent. */
const run = async (
  lines: readonly string[],
  rates: readonly CallRate[],
  { call = async line => [line.bytes], retries = 0, concurrency = 4 }: Setting = {},
) => {
  const sent: Sent[] = []
  const driven = await drive(
    (context: Context) => {
      const { clock, stopping, stop } = context
      const patience = createPatience({ maxPause: 0, clock, stop })
      const pauses = createPauses({ clock, stopping, patience })
      const guard = createEntrance({
        clock,
        serviceOf: () => '',
        pauses,
        patience,
        rates: createRates({ rates, clock, stopping }),
      })
      const made: Call = async (line, attempt) => {
        sent.push({ at: clock.now(), line: line.number })
        await new Promise<void>(resolve => clock.after(50, resolve))
        return call(line, { attempt: attempt.attempt, id: attempt.id, killing: attempt.killing, clock })
      }
      return createMap(
        {
          call: createAttempts(made, {
            timeout: 0,
            retries,
            backoff: () => 10,
            recordDeadline: 0,
            clock,
            guard,
            patience,
          }),
          id: () => 'id',
          concurrency,
          order: 'input',
          window: 4 * concurrency,
          prepare: () => undefined,
          shape: replace,
        },
        context,
      )
    },
    [[0, ...lines]],
  )
  return { ...driven, sent }
}

const tokensOf = ({ bytes }: { readonly bytes: Buffer }) => Number(bytes.toString())

/** In no window of t milliseconds more than this: the most that was above it, in units. */
const excess = (sent: readonly Sent[], weigh: (sent: Sent) => number, burst: number, perMs: number): number => {
  let most = -Infinity
  for (const [first, { at }] of sent.entries()) {
    let sum = 0
    for (const one of sent.slice(first)) {
      sum += weigh(one)
      most = Math.max(most, sum - burst - perMs * (one.at - at + 10))
    }
  }
  return most
}

test('two rates are both kept by every call, and the tighter one is used to 97%', async t => {
  const costs = Array.from({ length: 300 }, (_, n) => 50 + ((n * 37) % 100))
  const { sent, out } = await run(costs.map(String), [
    { limit: createCallLimit(10, 1000, 2), costOf: () => 1 },
    { limit: createCallLimit(60_000, 60_000, 1000), costOf: tokensOf },
  ])
  t.is(out.length, 300)
  t.true(excess(sent, () => 1, 2, 0.01) <= 1e-6)
  t.true(excess(sent, ({ line }) => costs[line - 1] as number, 1000, 1) <= 1e-6)
  // Ten a second, two at once: the requests are the tighter rate.
  const ideal = (300 - 2) * 100
  const took = sent.at(-1)?.at ?? 0
  t.true(ideal / took >= 0.97, `${took} ms of ${ideal}`)
  t.deepEqual(
    sent.map(({ line }) => line),
    costs.map((_, index) => index + 1),
  )
})

test('tokens may be the tighter one', async t => {
  const { sent } = await run(Array(50).fill('500'), [
    { limit: createCallLimit(100, 1000), costOf: () => 1 },
    { limit: createCallLimit(60_000, 60_000, 500), costOf: tokensOf },
  ])
  t.true(excess(sent, () => 500, 500, 1) <= 1e-6)
  t.true(sent.at(-1)?.at !== undefined && (49 * 500) / sent.at(-1)!.at >= 0.97)
})

test('retries are paced as well', async t => {
  const { sent } = await run(Array(20).fill('1'), [{ limit: createCallLimit(10, 1000), costOf: () => 1 }], {
    retries: 1,
    async call(line, { attempt }) {
      if (attempt === 1) throw new Failure('exit', 'transient', 'Failed')
      return [line.bytes]
    },
  })
  t.is(sent.length, 40)
  t.true(excess(sent, () => 1, 1, 0.01) <= 1e-6)
})

test('a cost that is missing fails the record, which is not called and takes nothing', async t => {
  const { sent, rejected, out } = await run(
    ['1', '2', '3'],
    [
      {
        limit: createCallLimit(1, 3_600_000, 2),
        costOf({ number }) {
          if (number === 2) throw new Failure('field', 'input', 'No field')
          return 1
        },
      },
    ],
  )
  t.like(rejected, [{ kind: 'field', line: '2' }])
  t.is(out.length, 2)
  t.deepEqual(
    sent.map(({ line }) => line),
    [1, 3],
  )
})

test('what the answer says it has cost takes the place of the estimate', async t => {
  const settled = (actual: number | undefined) =>
    run(
      Array(20).fill('100'),
      [{ limit: createCallLimit(100, 1000, 100), costOf: tokensOf, settledBy: () => actual }],
      {
        concurrency: 1,
      },
    )
  const { sent: estimated } = await settled(undefined)
  const { sent: less } = await settled(50)
  const { sent: more } = await settled(200)
  const took = (sent: readonly Sent[]) => sent.at(-1)?.at ?? 0
  t.true(Math.abs(took(estimated) - 19_000) < 100, `${took(estimated)}`)
  t.true(Math.abs(took(less) - 9500) < 300, `${took(less)}`)
  t.true(Math.abs(took(more) - 38_000) < 300, `${took(more)}`)
})

test('a refund never moves a rate into the past', async t => {
  const { sent } = await run(
    Array(10).fill('100'),
    [{ limit: createCallLimit(100, 1000, 100), costOf: tokensOf, settledBy: () => 0 }],
    { concurrency: 1 },
  )
  // Each call gives all back when it ends, and no call gets two bursts for that.
  for (const [index, { at }] of sent.entries()) t.true(at >= index * 50)
})

test('at 95% of what the service allows at most 1% is refused', async t => {
  const bucket = createTokenBucket(1, 100)
  let refused = 0
  const { out, sent } = await run(Array(300).fill('1'), [{ limit: createCallLimit(9.5, 1000), costOf: () => 1 }], {
    // It counts when it gets the call, 50 ms later for all.
    call: async (line, { clock }) => {
      const ms = bucket.take(clock.now())
      if (ms === 0) return [line.bytes]
      refused++
      throw new Failure('http_status', 'throttled', '429', { retryAfter: 1000 })
    },
  })
  t.is(out.length, 300)
  t.true(refused <= 0.01 * sent.length, `${refused} of ${sent.length}`)
})

test('what is given back makes nothing due before now, and what was dearer is charged', t => {
  const limit = createCallLimit(10, 1000)
  t.is(correct(limit, 1500, 1000, -3), 1200)
  t.is(correct(limit, 1500, 1000, -50), 1000)
  t.is(correct(limit, 900, 1000, -1), 900)
  t.is(correct(limit, 1500, 1000, 2), 1700)
  t.is(correct(limit, 900, 1000, 2), 1200)
})
