import { createAttempts } from '../../src/calls/attempts/create-attempts.js'
import { GaveUp } from '../../src/calls/attempts/gave-up.js'
import { createPatience } from '../../src/calls/attempts/patience.js'
import { createBreakerGuard } from '../../src/calls/breaker/breaker-guard.js'
import { type BreakerGateOptions, createBreakerGate } from '../../src/calls/breaker/gate.js'
import { createMemoryCircuit } from '../../src/calls/breaker/memory-circuit.js'
import type { Call } from '../../src/calls/call.js'
import type { Circuit } from '../../src/core/breaker/circuit.js'
import { type BreakerOptions, createBreakerOptions } from '../../src/core/breaker/options.js'
import type { Effect } from '../../src/core/breaker/state.js'
import { createFakeClock, type FakeClock } from '../../src/core/clock.js'
import type { Failure } from '../../src/core/failure.js'
import type { Line } from '../../src/core/lines.js'
import type { Stop } from '../../src/core/processor.js'
import { failure } from './calls.js'

/** Opens at the second failure in a row, for a second, without jitter; one good probe closes it. */
export const touchy = (given: Partial<BreakerOptions> = {}): BreakerOptions =>
  createBreakerOptions({
    name: 'api',
    by: 'host:1',
    consecutive: 2,
    openFor: { first: 1000, longest: 8000, jitter: 0 },
    probes: 1,
    ...given,
  })

/** A call that the test ends by hand. */
export type Running = {
  readonly number: number
  readonly attempt: number
  succeed(): void
  fail(failure: Failure): void
}

export type HarnessOptions = {
  readonly breaker?: Partial<BreakerOptions>
  readonly gate?: Partial<BreakerGateOptions> & { readonly maxPause?: number }
  readonly clock?: FakeClock
  readonly circuit?: (clock: FakeClock) => Circuit
  /** Calls at once. */
  readonly slots?: number
}

/** Calls through a breaker on a fake clock; the test decides how each call ends. */
export const createHarness = ({ breaker, gate: gateOptions, circuit: create, ...rest }: HarnessOptions = {}) => {
  const clock = rest.clock ?? createFakeClock()
  const effects: Effect[] = []
  const circuit =
    create?.(clock) ?? createMemoryCircuit({ options: touchy(breaker), clock, observe: seen => effects.push(...seen) })
  const stopped = new AbortController()
  const stops: Stop[] = []
  const { maxPause = 0, ...gateGiven } = gateOptions ?? {}
  const stop = (reason: Stop) => {
    stops.push(reason)
    stopped.abort()
  }
  const gate = createBreakerGate({
    circuit,
    onOpen: 'pause',
    patience: createPatience({ maxPause, clock, stop }),
    clock,
    stop,
    stopping: stopped.signal,
    ...gateGiven,
  })
  const running: Running[] = []
  const call: Call = ({ number }, { attempt, killing: signal }) =>
    new Promise((resolve, reject) => {
      const end = () => running.splice(running.indexOf(one), 1)
      const one: Running = {
        number,
        attempt,
        succeed() {
          end()
          resolve([Buffer.from(`${number}\n`)])
        },
        fail(failure) {
          end()
          reject(failure)
        },
      }
      running.push(one)
      signal.addEventListener('abort', () => one.fail(signal.reason))
    })
  const made = createAttempts(call, {
    timeout: 0,
    retries: 0,
    backoff: () => 0,
    recordDeadline: 0,
    clock,
    guard: createBreakerGuard({
      gateOf: () => gate,
      clock,
      probesReturn: (gateOptions?.onOpen ?? 'pause') === 'pause',
    }),
  })
  const ended = new Map<number, string>()
  const slots = createSlots(rest.slots ?? Infinity)
  // The same line each time, as for a record that is tried again.
  const lines = new Map<number, Line>()
  return {
    clock,
    circuit,
    gate,
    effects,
    stops,
    stopping: stopped,
    running,
    /** How each record ended: `ok`, the kind of its failure, or `refused` with it. */
    ended,
    /** Numbers of the records on a call. */
    out: () => running.map(({ number }) => number),
    async begin(number: number, signal = new AbortController().signal) {
      const line = lines.get(number) ?? { bytes: Buffer.from(`${number}\n`), number, file: undefined }
      lines.set(number, line)
      const slot = await slots.enter()
      made(line, { killing: signal, id: String(number), slot }).then(
        () => {
          ended.set(number, 'ok')
          slot.leave()
        },
        error => {
          if (!(error instanceof GaveUp)) throw error
          ended.set(number, error.refused ? `refused ${error.failure.kind}` : error.failure.kind)
          slot.leave()
        },
      )
      await clock.advance(0)
    },
    async end(number: number, failure?: Failure) {
      const one = running.find(call => call.number === number)
      if (one === undefined) throw new Error(`${number} is on no call: ${running.map(call => call.number)}`)
      if (failure === undefined) one.succeed()
      else one.fail(failure)
      await clock.advance(0)
    },
  }
}

type Harness = ReturnType<typeof createHarness>

/** Two failures, and it is open until one second from now. */
export const openCircuit = async (harness: Harness) => {
  for (const number of [1, 2]) {
    await harness.begin(number)
    await harness.end(number, failure())
  }
}

const createSlots = (count: number) => {
  let free = count
  const waiting: (() => void)[] = []
  const take = () => {
    if (free > 0) {
      free--
      return Promise.resolve()
    }
    return new Promise<void>(resolve => waiting.push(resolve))
  }
  const give = () => {
    const next = waiting.shift()
    if (next === undefined) free++
    else next()
  }
  return {
    async enter() {
      await take()
      let held = true
      return {
        release() {
          held = false
          give()
        },
        async acquire() {
          await take()
          held = true
        },
        leave() {
          if (held) give()
        },
      }
    },
  }
}
