import type { Failure } from '../failure.js'
import type { Judgement } from './judge.js'
import * as machines from './machine.js'
import { type Admission, type Breaker, become, type Counters, createBreaker, type Delta } from './model.js'
import type { BreakerOptions } from './options.js'
import { noteError } from './seen-errors.js'
import { type Effect, noEffects, untilOf } from './state.js'
import { evaluate, tripIfDue } from './trip.js'
import { clearWindow, isSpotless, note, record } from './window.js'

/** A closed circuit without a past. */
export const initial = (options: BreakerOptions, now: number): Breaker =>
  createBreaker(options, machines.startMachine(now))

/**
 * May a call be made now? `running` is how many calls in flight have taken longer than the limit of `--slow`.
 * While `breaker.pass` is defined it is the answer, no need to ask.
 */
export const admit = (breaker: Breaker, now: number, running = 0): Admission => {
  if (breaker.pass !== undefined) return breaker.pass
  const before = evaluate(breaker, now, running)
  if (breaker.call !== undefined && before.length === 0) return breaker.call
  const current = machines.refreshMachine(breaker.machine, breaker.options, now, breaker.updated)
  // What time does to a shared state happens there. A clock set back changes a view as well: it must not meet the same
  // endless pause at each question.
  const real = breaker.delta === undefined || current.effects[0]?.type === 'clock'
  if (real) adjust(breaker, current, now)
  const effects = real ? [...before, ...current.effects] : before
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
  result: Judgement,
  duration = 0,
  failure?: Failure,
): readonly Effect[] => {
  if (generation !== breaker.counting) return settleUnusual(breaker, generation, now, result, duration, failure)
  if (result === 'ok') return countOk(breaker, now, duration)
  if (result === 'failure') return countFailure(breaker, now, duration, failure)
  noteAnswer(breaker, failure)
  return noEffects
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
): readonly Effect[] => take(breaker, machines.forceMachine(breaker.machine, breaker.options, now, state, until, why))

/** Closes by hand and forgets all there was: outcomes, grown pauses, errors and counters. */
export const reset = (breaker: Breaker, now: number, why: string): readonly Effect[] => {
  breaker.errors = []
  breaker.counters = { ok: 0, fail: 0, rejected: 0, late: 0 }
  return take(breaker, machines.resetMachine(breaker.machine, breaker.options, now, why))
}

/** For `gate` and `breaker check`: open while its pause lasts or the probe of another process is out. Changes nothing. */
export const isOpen = (breaker: Breaker, now: number): boolean =>
  machines.isMachineOpen(breaker.machine, breaker.options, now, breaker.updated)

/** Lets time alone act: hand-set states end, leases of dead holders expire, and after the clock was set back all start again. */
export const refresh = (breaker: Breaker, now: number): readonly Effect[] => {
  const step = machines.refreshMachine(breaker.machine, breaker.options, now, breaker.updated)
  adjust(breaker, step, now)
  return step.effects
}

/**
 * The probe of this generation has taken longer than the limit of `--slow`, whatever comes of it: a circuit that was opened by
 * slow calls opens again.
 */
export const settleSlow = (breaker: Breaker, generation: number, now: number): readonly Effect[] => {
  const { machine } = breaker
  if (generation !== machine.generation || machine.state !== 'half_open' || machine.lease === null) return noEffects
  return take(breaker, machines.settleProbe(machine, breaker.options, now, 'slow'))
}

/** Whether the circuit was opened by slow calls, so that a slow probe is none that shows it well again. */
export const isOpenedBySlow = ({ machine, options }: Breaker): boolean =>
  options.slow !== undefined && machine.reason?.rule === 'slow_rate'

// This is all that most calls cost, and it is compiled into one piece with `settle`: kept short for that.
const countOk = (breaker: Breaker, now: number, duration: number): readonly Effect[] => {
  const { window, delta } = breaker
  // Where outcomes are passed on their times count.
  const isNoted = window.count === 0 && breaker.pass !== undefined && delta === undefined && note(window, now)
  if (!isNoted) keep(breaker, now, 0, duration)
  breaker.streak = 0
  if (delta === undefined) breaker.counters.ok++
  else countOkInDelta(delta)
  return isSpotless(window) ? noEffects : tripIfDue(breaker, now)
}

const countOkInDelta = (delta: Delta): void => {
  delta.streak = 0
  delta.endsStreak = true
  delta.counters.ok++
}

const countFailure = (
  breaker: Breaker,
  now: number,
  duration: number,
  failure: Failure | undefined,
): readonly Effect[] => {
  const { options, delta } = breaker
  keep(breaker, now, 1, duration)
  if (options.consecutiveOf === 'counted' || (failure?.failureClass ?? 'transient') === 'transient') {
    breaker.streak++
    if (delta !== undefined) delta.streak++
  } else endStreak(breaker)
  tallyOf(breaker).fail++
  if (failure !== undefined) noteFailure(breaker, now, failure)
  return tripIfDue(breaker, now)
}

const keep = (breaker: Breaker, now: number, failed: 0 | 1, duration: number): void => {
  const { window, options, delta } = breaker
  const code = options.slow !== undefined && duration > options.slow.limit ? ((failed | 2) as 2 | 3) : failed
  if (now - window.newest > options.ttl) forgetOutdated(breaker, now - duration)
  record(window, now, code, duration)
  if (delta !== undefined) record(delta.window, now, code, duration)
}

const endStreak = (breaker: Breaker): void => {
  breaker.streak = 0
  if (breaker.delta === undefined) return
  breaker.delta.streak = 0
  breaker.delta.endsStreak = true
}

/** What does not count says one thing: who answers that it will never work is not down. */
const noteAnswer = (breaker: Breaker, failure: Failure | undefined): void => {
  if (failure?.failureClass !== 'permanent' || failure.kind === 'spawn') return
  if (breaker.options.consecutiveOf === 'transient') endStreak(breaker)
}

const forgetOutdated = (breaker: Breaker, began: number): void => {
  if (breaker.delta !== undefined || began - breaker.window.newest <= breaker.options.ttl) return
  clearWindow(breaker.window)
  breaker.streak = 0
}

const settleUnusual = (
  breaker: Breaker,
  generation: number,
  now: number,
  result: Judgement,
  duration: number,
  failure: Failure | undefined,
): readonly Effect[] => {
  const effects = breaker.delta === undefined ? refresh(breaker, now) : noEffects
  const { machine } = breaker
  if (generation === machine.generation && machine.state === 'closed') {
    if (result !== 'ok' && result !== 'failure') {
      noteAnswer(breaker, failure)
      return effects
    }
    const counted = result === 'ok' ? countOk(breaker, now, duration) : countFailure(breaker, now, duration, failure)
    return [...effects, ...counted]
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
  const { slow } = breaker.options
  const isSlow = result === 'ok' && slow !== undefined && duration > slow.limit && isOpenedBySlow(breaker)
  const step = machines.settleProbe(machine, breaker.options, now, isSlow ? 'slow' : result, failure?.facts.retryAfter)
  return [...effects, ...take(breaker, step)]
}

const noteFailure = (breaker: Breaker, now: number, failure: Failure): void => {
  noteError(breaker.errors, now, failure, breaker.options.program)
  if (breaker.delta !== undefined) noteError(breaker.delta.errors, now, failure, breaker.options.program)
}

const adjust = (breaker: Breaker, { machine }: machines.Step, now: number): void => {
  become(breaker, machine)
  // A clock that was set back is known from here on, also where nothing had to start again: else what begins next would.
  breaker.updated = Math.min(breaker.updated, now)
}

const take = (breaker: Breaker, step: machines.Step): readonly Effect[] => {
  become(breaker, step.machine)
  return step.effects
}

const tallyOf = (breaker: Breaker): Counters => breaker.delta?.counters ?? breaker.counters
