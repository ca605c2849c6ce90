import test, { type ExecutionContext } from 'ava'
import { createAttempts } from '../../../src/calls/attempts/create-attempts.js'
import { createEntrance, type EntranceOptions } from '../../../src/calls/attempts/entrance.js'
import { createPatience } from '../../../src/calls/attempts/patience.js'
import { createPauses } from '../../../src/calls/attempts/pauses.js'
import { createBreakerGuard } from '../../../src/calls/breaker/breaker-guard.js'
import { createBreakerGate } from '../../../src/calls/breaker/gate.js'
import { createMemoryCircuit } from '../../../src/calls/breaker/memory-circuit.js'
import type { Call } from '../../../src/calls/call.js'
import { createFakeClock, type FakeClock } from '../../../src/core/clock.js'
import { Failure } from '../../../src/core/failure.js'
import type { Context } from '../../../src/core/processor.js'
import { replace } from '../../../src/processors/map/shape.js'
import { createMap } from '../../../src/processors/map.js'
import { touchy } from '../../helpers/breaker-calls.js'
import { drive } from '../../helpers/processor.js'
import { createTokenBucket } from '../../helpers/token-bucket.js'

const records = (count: number) => Array.from({ length: count }, (_, index) => String(index + 1))

const refusal = (retryAfter?: number) =>
  new Failure('http_status', 'throttled', '429 Too Many Requests', retryAfter === undefined ? {} : { retryAfter })

type Setting = {
  readonly concurrency?: number
  readonly maxPause?: number
  readonly recordDeadline?: number
  readonly serviceOf?: EntranceOptions['serviceOf']
  readonly breaker?: (context: Context) => EntranceOptions['breaker']
}

/** All defaults of `map`: no retries, results in the order of the input. */
const createStage = (outer: Context, call: Call, setting: Setting = {}) => {
  const cut = new AbortController()
  const context: Context = {
    ...outer,
    stopping: cut.signal,
    stop(reason) {
      outer.stop(reason)
      cut.abort(new Failure('cancelled', 'transient', 'Stopped'))
    },
  }
  const { clock, stopping, stop } = context
  const { concurrency = 4, maxPause = 600_000, recordDeadline = 0, serviceOf = () => '', breaker } = setting
  const patience = createPatience({ maxPause, clock, stop })
  const pauses = createPauses({ clock, stopping, patience })
  const guard = createEntrance({ clock, serviceOf, pauses, patience, breaker: breaker?.(context) })
  return createMap(
    {
      call: createAttempts(call, {
        timeout: 0,
        retries: 0,
        backoff: () => 100,
        recordDeadline,
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
}

/** Calls of a service that takes 20 ms for an answer and keeps its own limit. */
const callService = (
  clock: FakeClock | Context['clock'],
  { burst, every, told }: { burst: number; every: number; told: (ms: number) => number | undefined },
) => {
  const bucket = createTokenBucket(burst, every)
  const seen = { requests: [] as { readonly at: number; readonly line: number; readonly refused: boolean }[] }
  const call: Call = async line => {
    const ms = bucket.take(clock.now())
    seen.requests.push({ at: clock.now(), line: line.number, refused: ms > 0 })
    await new Promise<void>(resolve => clock.after(20, resolve))
    if (ms > 0) throw refusal(told(ms))
    return [line.bytes]
  }
  return { call, seen }
}

const wholeSeconds = (ms: number) => Math.ceil(ms / 1000) * 1000
const ways = {
  'Retry-After in seconds': wholeSeconds,
  'a reset to the millisecond': (ms: number) => ms,
  'a bare 429': () => undefined,
}

for (const [way, told] of Object.entries(ways)) {
  for (const burst of [1, 5]) {
    for (const concurrency of [1, 4, 50]) {
      test(`1/s with a burst of ${burst}, ${way}, -j ${concurrency}: all are delivered, few are refused, in order`, async t => {
        const count = 60
        let service: ReturnType<typeof callService> | undefined
        const { out, rejected } = await drive(
          context => {
            service = callService(context.clock, { burst, every: 1000, told })
            return createStage(context, service.call, { concurrency })
          },
          [[0, ...records(count)]],
        )
        t.deepEqual(rejected, [])
        t.deepEqual(
          out.map(([, line]) => line),
          records(count),
        )
        const requests = service?.seen.requests ?? []
        // Read with the first answer that refused.
        const read = (requests.find(({ refused }) => refused)?.at ?? 0) + 20
        const later = requests.filter(({ at }) => at > read)
        const refused = later.filter(one => one.refused).length
        t.true(refused <= 0.15 * later.length, `${refused} of ${later.length} refused`)
        const ideal = (count - burst) * 1000
        const end = out.at(-1)?.[0] ?? 0
        const pause = way === 'a bare 429' ? 60_000 : 1000
        t.true(end <= 1.3 * ideal + pause, `${end} ms of ${ideal}`)
        const lines = later.map(({ line }) => line)
        t.deepEqual(
          lines,
          lines.toSorted((one, other) => one - other),
          'in line order',
        )
      })
    }
  }
}

test('a refused record waits for its pause only, and the others do not wait for it', async t => {
  const begun: [number, number][] = []
  const { out } = await drive(
    context =>
      createStage(context, async line => {
        begun.push([context.clock.now(), line.number])
        if (context.clock.now() < 3000) throw refusal(3000 - context.clock.now())
        return [line.bytes]
      }),
    [[0, ...records(3)]],
  )
  t.is(out.length, 3)
  // One goes; each success halves the gap.
  t.deepEqual(begun, [
    [0, 1],
    [0, 2],
    [0, 3],
    [3000, 1],
    [4500, 2],
    [5250, 3],
  ])
})

test('one service that pauses does not hold back another', async t => {
  const { out } = await drive(
    context =>
      createStage(
        context,
        async line => {
          if (line.number % 2 === 1 && context.clock.now() < 10_000) throw refusal(10_000)
          return [line.bytes]
        },
        { serviceOf: line => String(line.number % 2), concurrency: 2 },
      ),
    [[0, ...records(6)]],
  )
  t.deepEqual(
    out.map(([, line]) => line),
    records(6),
  )
})

const brokeOff = async (t: ExecutionContext, setting: Setting, call: (context: Context) => Call, count = 20) => {
  let calls = 0
  const driven = await drive(
    context => {
      const made = call(context)
      return createStage(
        context,
        (line, attempt) => {
          calls++
          return made(line, attempt)
        },
        setting,
      )
    },
    [[0, ...records(count)]],
  )
  t.is(driven.stop?.exit, 75)
  return { ...driven, calls }
}

test('a pause beyond --max-pause ends the run at once, and names the time', async t => {
  const { stop, rejected, left, calls, out } = await brokeOff(t, {}, () => async line => {
    if (line.number <= 2) return [line.bytes]
    throw refusal(3_600_000)
  })
  t.regex(stop?.message ?? '', /^The service asks to wait until (\d{4}-\d\d-\d\d )?\d\d:\d\d$/)
  t.true(calls <= 6, `${calls}`)
  t.is(out.length, 2)
  // Refused or never called: the next run finds them.
  t.deepEqual(rejected, [])
  t.deepEqual([...new Set(left.map(({ at }) => at))], [0])
})

test('refusals without an end end the run when nothing got through for --max-pause', async t => {
  const { stop, left } = await brokeOff(t, { maxPause: 30_000 }, () => async () => {
    throw refusal(5000)
  })
  t.regex(stop?.message ?? '', /^The service asks to wait until/)
  // Whoever is told to wait beyond the 30 seconds need not do so.
  const [end, ...others] = new Set(left.map(({ at }) => at))
  t.deepEqual(others, [])
  t.true(end !== undefined && end > 25_000 && end <= 30_000, `${end}`)
})

test('--max-pause 0 waits for ever', async t => {
  const { out } = await drive(
    context =>
      createStage(
        context,
        async line => {
          if (context.clock.now() < 20 * 3_600_000) throw refusal(3_600_000)
          return [line.bytes]
        },
        { maxPause: 0 },
      ),
    [[0, '1']],
  )
  t.deepEqual(out, [[20 * 3_600_000, '1']])
})

test('while other services let records through the run goes on, until the window is full of those that wait', async t => {
  const { out, stop, rejected } = await drive(
    context =>
      createStage(
        context,
        async line => {
          if (line.number === 3) throw refusal(3_600_000)
          await new Promise<void>(resolve => context.clock.after(100, resolve))
          return [line.bytes]
        },
        { serviceOf: line => String(line.number === 3), concurrency: 2 },
      ),
    [[0, ...records(40)]],
  )
  t.is(stop?.exit, 75)
  // Two before it, and what the order window of 8 has room for.
  t.is(out.length, 9)
  t.is(rejected.filter(({ line }) => line === '3').length, 1)
})

test('a record deadline within the pause is a refusal and no fault of the service', async t => {
  const classes: string[] = []
  await drive(
    context =>
      createStage(
        {
          ...context,
          reject(line, failure, attempts) {
            classes.push(`${failure.kind} ${failure.failureClass} ${attempts?.attempts}`)
            context.reject(line, failure, attempts)
          },
        },
        async () => {
          throw refusal(5000)
        },
        { recordDeadline: 3000 },
      ),
    [[0, '1']],
  )
  t.deepEqual(classes, ['deadline throttled 0'])
})

test('a refusal that arrives while the circuit is open is kept by the probe', async t => {
  const begun: number[] = []
  await drive(
    context =>
      createStage(
        context,
        async line => {
          const now = context.clock.now()
          begun.push(now)
          if (line.number === 3 && now === 0) {
            await new Promise<void>(resolve => context.clock.after(10, resolve))
            throw refusal(3000)
          }
          if (now < 500) throw new Failure('http_status', 'transient', '503')
          return [line.bytes]
        },
        {
          breaker: ({ clock, stop, stopping }) => {
            const circuit = createMemoryCircuit({
              options: touchy({ openFor: { first: 500, longest: 500, jitter: 0 } }),
              clock,
              observe: () => {},
            })
            const patience = createPatience({ maxPause: 0, clock, stop })
            const gate = createBreakerGate({ circuit, onOpen: 'pause', patience, clock, stop, stopping })
            return createBreakerGuard({ gateOf: () => gate, clock, probesReturn: true })
          },
        },
      ),
    [[0, ...records(4)]],
  )
  t.deepEqual(
    begun.filter(at => at > 10 && at < 3010),
    [],
  )
  t.true(begun.includes(3010))
})

test('a timer that is not needed is cancelled', async t => {
  const clock = createFakeClock()
  const patience = createPatience({ maxPause: 1000, clock, stop: () => {} })
  const letGo = patience.hold({
    until: () => undefined,
    describe: () => '',
    due: () => undefined,
    tell: () => ({ what: '' }),
  })
  letGo()
  t.is(clock.waiting, 0)
})
