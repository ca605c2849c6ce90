import { noteError, type SeenError } from './breaker-errors.js'
import * as machines from './breaker-machine.js'
import type { BreakerConfig, BreakerOptions } from './breaker-options.js'
import type { Result } from './breaker-outcome.js'
import { type Effect, type Machine, noEffects, type Reason, untilOf } from './breaker-state.js'
import type { Failure } from './failure.js'
import { type Bucket, clearWindow, createWindow, expire, type OutcomeWindow, record, shapeOf } from './window.js'

export type Counters = { ok: number; fail: number; rejected: number; late: number }

/** Outcomes that one process gathered and has yet to merge into the shared state. */
export type Delta = {
  /** The generation they were admitted in. */
  generation: number
  readonly window: OutcomeWindow
  readonly counters: Counters
  readonly errors: SeenError[]
  /** Why this process alone would open. */
  trip: Reason | null
}

/** Whether a call may be made. `until`: when asking again is worth it at the latest. */
export type Admission =
  | { readonly kind: 'call'; readonly generation: number; readonly effects: readonly Effect[] }
  | { readonly kind: 'probe'; readonly generation: number; readonly until: number; readonly effects: readonly Effect[] }
  | { readonly kind: 'wait'; readonly until: number; readonly effects: readonly Effect[] }
  /** Only from a view: a probe is due, the shared state must be asked under its lock. */
  | { readonly kind: 'due'; readonly effects: readonly Effect[] }

/**
 * One circuit: where it stands and the outcomes that decide. No clock, no promise, no file in it; changed in place by
 * the functions below, because a call that is let through must cost nothing.
 */
export type Breaker = {
  readonly options: BreakerOptions
  machine: Machine
  window: OutcomeWindow
  counters: Counters
  errors: SeenError[]
  /** How often the state was saved. */
  rev: number
  /** When it was saved last; 0: never. */
  updated: number
  /** The generation whose results are simply counted; 0 while there is more to it. */
  counting: number
  /** The answer of `admit` while it is always the same one: ask without reading the clock. */
  pass: Admission | undefined
  /** Makes this the view of one process on a shared state: it gathers outcomes and leaves changes of state to `merge`. */
  delta: Delta | undefined
  /** The window in the state file was kept under other settings: passed on as it is, only changes of state are shared. */
  foreign: ForeignWindow | undefined
}

export type ForeignWindow = {
  readonly window: {
    readonly bucket_ms: number
    readonly buckets: readonly Bucket[]
    readonly last: readonly (readonly [number, number])[]
  }
  readonly config: BreakerConfig
}

/** A closed circuit without a past. */
export const initial = (options: BreakerOptions, now: number): Breaker =>
  createBreaker(options, machines.startMachine(now))

export const createBreaker = (options: BreakerOptions, machine: Machine, delta?: Delta): Breaker => ({
  options,
  machine,
  window: createWindow(shapeOf(options)),
  counters: { ok: 0, fail: 0, rejected: 0, late: 0 },
  errors: [],
  rev: 0,
  updated: 0,
  counting: countingOf(machine),
  pass: passOf(options, machine),
  delta,
  foreign: undefined,
})

/**
 * May a call be made now? `running` is how many calls in flight have taken longer than the limit of `--slow`.
 * While `breaker.pass` is defined it is the answer, no need to ask.
 */
export const admit = (breaker: Breaker, now: number, running = 0): Admission => {
  if (breaker.pass !== undefined) return breaker.pass
  const before = breaker.machine.state === 'closed' ? evaluate(breaker, now, running) : noEffects
  const current = machines.refresh(breaker.machine, breaker.options, now)
  const effects = before.length === 0 ? current.effects : [...before, ...current.effects]
  // A clock set back changes a view as well: it must not see the same endless pause at each question.
  if (breaker.delta === undefined || current.effects[0]?.type === 'clock') become(breaker, current.machine)
  const { machine } = current
  if (machine.state === 'closed') return { kind: 'call', generation: breaker.machine.generation, effects }
  const until = untilOf(machine)
  if (until !== null && now < until) return { kind: 'wait', until, effects }
  if (breaker.delta !== undefined) return { kind: 'due', effects }
  const probing = machines.takeProbe(machine, breaker.options, now)
  become(breaker, probing.machine)
  return {
    kind: 'probe',
    generation: probing.machine.generation,
    until: now + breaker.options.lease,
    effects: [...effects, ...probing.effects],
  }
}

/**
 * Takes the result of a call that was admitted in `generation`; `duration` in milliseconds. A result of another
 * generation is late and changes nothing. On a view the result of a probe is late too: settle it on the shared state.
 */
export const settle = (
  breaker: Breaker,
  generation: number,
  now: number,
  result: Result,
  duration = 0,
  failure?: Failure,
): readonly Effect[] => {
  if (generation !== breaker.counting) return settleUnusual(breaker, generation, now, result, duration, failure)
  if (result === 'ok') return count(breaker, now, 0, duration, undefined)
  return result === 'failure' ? count(breaker, now, 1, duration, failure) : noEffects
}

/** Opens if the figures say so, counting calls still running as slow; to be asked when a call passes the slow limit. */
export const evaluate = (breaker: Breaker, now: number, running = 0): readonly Effect[] => {
  if (breaker.machine.state !== 'closed' || breaker.machine.override !== null) return noEffects
  expire(breaker.window, now)
  const reason = findReason(breaker, running)
  return reason === undefined ? noEffects : openUp(breaker, now, reason)
}

/** Counts records that were turned away: they are no calls and change no rate. */
export const countRejected = (breaker: Breaker, records = 1): void => {
  tallyOf(breaker).rejected += records
}

/** Opens or closes by hand until a moment, with a reason. */
export const force = (
  breaker: Breaker,
  now: number,
  state: 'open' | 'closed',
  until: number,
  why: string,
): readonly Effect[] => take(breaker, machines.force(breaker.machine, breaker.options, now, state, until, why))

/** Closes by hand and forgets outcomes and grown pauses. */
export const reset = (breaker: Breaker, now: number, why: string): readonly Effect[] =>
  take(breaker, machines.reset(breaker.machine, breaker.options, now, why))

/** For `gate` and `breaker check`: open while its pause lasts or somebody else's probe is out. Changes nothing. */
export const isOpen = (breaker: Breaker, now: number): boolean =>
  machines.isMachineOpen(breaker.machine, breaker.options, now)

/** Lets time alone act: hand-set states end, leases of dead holders expire. */
export const refresh = (breaker: Breaker, now: number): readonly Effect[] =>
  take(breaker, machines.refresh(breaker.machine, breaker.options, now))

/** Opens on the figures of this process alone; for a view whose shared state cannot be reached. */
export const carryOn = (breaker: Breaker, now: number): readonly Effect[] => {
  const reason = breaker.machine.override === null ? findReason(breaker, 0) : undefined
  if (reason === undefined || breaker.machine.state !== 'closed') return noEffects
  const step = tripMachine(breaker, now, reason)
  // A generation that the shared state never has: calls still running when it is back belong to the right one again.
  become(breaker, { ...step.machine, generation: -1 })
  return step.effects
}

/** The rule that says open, with its figures; undefined while none does. */
export const findReason = (breaker: Breaker, running: number): Reason | undefined => {
  const { window, options } = breaker
  const { calls, failed, slow, streak } = window
  const { consecutive, failRate, by } = options
  if (consecutive !== undefined && streak >= consecutive)
    return { rule: 'consecutive', value: streak, limit: consecutive, calls: streak, by }
  // A window of fewer calls than the minimum would never be judged.
  const enough = window.shape.count > 0 ? Math.min(options.minCalls, window.shape.count) : options.minCalls
  if (failRate !== undefined && failed > 0 && calls >= enough && failed >= failRate * calls)
    return { rule: 'fail_rate', value: failed / calls, limit: failRate, calls, by }
  const all = calls + running
  if (options.slow === undefined || all < enough || slow + running === 0) return
  if (slow + running < options.slow.rate * all) return
  return { rule: 'slow_rate', value: (slow + running) / all, limit: options.slow.rate, calls: all, by }
}

/** Opens for a reason; a view asks for a merge instead. */
export const openUp = (breaker: Breaker, now: number, reason: Reason): readonly Effect[] => {
  if (breaker.delta === undefined) return take(breaker, tripMachine(breaker, now, reason))
  breaker.delta.trip = reason
  return [{ type: 'merge', reason }]
}

/** Puts a new state in place; a closed one starts with an empty window. */
export const become = (breaker: Breaker, machine: Machine): void => {
  if (breaker.machine === machine) return
  const changed = breaker.machine.generation !== machine.generation
  breaker.machine = machine
  breaker.counting = countingOf(machine)
  breaker.pass = passOf(breaker.options, machine)
  if (!changed || machine.state !== 'closed' || breaker.delta !== undefined) return
  clearWindow(breaker.window)
  breaker.foreign = undefined
}

const countingOf = ({ state, override, generation }: Machine): number =>
  state === 'closed' && override === null ? generation : 0

const passOf = (options: BreakerOptions, { state, override, generation }: Machine): Admission | undefined =>
  state === 'closed' && (options.slow === undefined || override !== null)
    ? { kind: 'call', generation, effects: noEffects }
    : undefined

const count = (
  breaker: Breaker,
  now: number,
  failed: 0 | 1,
  duration: number,
  failure: Failure | undefined,
): readonly Effect[] => {
  const { window, options, delta } = breaker
  const code = options.slow !== undefined && duration > options.slow.limit ? ((failed | 2) as 2 | 3) : failed
  record(window, now, code)
  if (delta !== undefined) record(delta.window, now, code)
  const tally = tallyOf(breaker)
  if (failed === 0) tally.ok++
  else tally.fail++
  if (failure !== undefined) noteFailure(breaker, now, failure)
  if (window.failed + window.slow + window.streak === 0) return noEffects
  return judge(breaker, now)
}

const judge = (breaker: Breaker, now: number): readonly Effect[] => {
  const reason = breaker.machine.override === null ? findReason(breaker, 0) : undefined
  return reason === undefined ? noEffects : openUp(breaker, now, reason)
}

const settleUnusual = (
  breaker: Breaker,
  generation: number,
  now: number,
  result: Result,
  duration: number,
  failure: Failure | undefined,
): readonly Effect[] => {
  const effects = breaker.delta === undefined ? refresh(breaker, now) : noEffects
  const { machine } = breaker
  if (generation === machine.generation && machine.state === 'closed') {
    if (result !== 'ok' && result !== 'failure') return effects
    return [...effects, ...count(breaker, now, result === 'ok' ? 0 : 1, duration, failure)]
  }
  const probing = machine.state === 'half_open' && machine.lease !== null && breaker.delta === undefined
  if (generation !== machine.generation || !probing) {
    // A cancelled call has no result.
    if (result === 'cancelled') return effects
    tallyOf(breaker).late++
    return [...effects, { type: 'late', generation, at: now }]
  }
  if (result === 'ok') breaker.counters.ok++
  if (result === 'failure') breaker.counters.fail++
  if (failure !== undefined && result !== 'cancelled') noteFailure(breaker, now, failure)
  const step = machines.settleProbe(machine, breaker.options, now, result, failure?.facts.retryAfter)
  return [...effects, ...take(breaker, step)]
}

const noteFailure = (breaker: Breaker, now: number, failure: Failure): void => {
  noteError(breaker.errors, now, failure)
  if (breaker.delta !== undefined) noteError(breaker.delta.errors, now, failure)
}

const tripMachine = (breaker: Breaker, now: number, reason: Reason): machines.Step => {
  const { machine, options, window } = breaker
  const { span, count: size } = window.shape
  const full = span === Infinity ? window.length === size : now - machine.since >= span
  return machines.trip(machine, options, now, reason, full)
}

const take = (breaker: Breaker, step: machines.Step): readonly Effect[] => {
  become(breaker, step.machine)
  return step.effects
}

const tallyOf = (breaker: Breaker): Counters => breaker.delta?.counters ?? breaker.counters
