import { type Step, trip, whoOf } from './machine.js'
import { type Breaker, become } from './model.js'
import { type Effect, noEffects, type Reason } from './state.js'
import { isOutdated, judged } from './window.js'

/** Opens if the figures say so, counting calls still running as slow; to be asked when a call passes the slow limit. */
export const evaluate = (breaker: Breaker, now: number, running = 0): readonly Effect[] => {
  if (breaker.machine.state !== 'closed' || breaker.machine.override !== null) return noEffects
  return tripIfDue(breaker, now, running)
}

/** Opens a closed circuit if its figures say so. */
export const tripIfDue = (breaker: Breaker, now: number, running = 0): readonly Effect[] => {
  const reason = breaker.machine.override === null ? findReason(breaker, now, running) : undefined
  return reason === undefined ? noEffects : openUp(breaker, now, reason)
}

/** Opens on the figures of this process alone; for a view whose shared state cannot be reached. */
export const carryOn = (view: Breaker, now: number, running = 0): readonly Effect[] => {
  if (view.machine.state !== 'closed' || view.machine.override !== null) return noEffects
  const reason = findReason(view, now, running)
  if (reason === undefined) return noEffects
  const step = tripMachine(view, now, reason)
  become(view, step.machine)
  return step.effects
}

/** Opens for a reason; a view asks for a merge instead. */
export const openUp = (breaker: Breaker, now: number, reason: Reason): readonly Effect[] => {
  if (breaker.delta !== undefined) {
    breaker.delta.trip = reason
    return [{ type: 'merge', reason }]
  }
  const step = tripMachine(breaker, now, reason)
  become(breaker, step.machine)
  return step.effects
}

/** The rule that says open, with its figures; undefined while none does. */
export const findReason = (breaker: Breaker, now: number, running: number): Reason | undefined => {
  const { window, options, streak } = breaker
  const { consecutive, failRate, by } = options
  const who = whoOf(options)
  const { calls, failed, slow } = judged(window)
  // A window of fewer calls than the minimum would never be judged.
  const enough = window.count > 0 ? Math.min(options.minCalls, window.count) : options.minCalls
  if (failRate !== undefined && failed > 0 && calls >= enough && failed >= failRate * calls)
    return { rule: 'fail_rate', value: failed / calls, limit: failRate, calls, by, ...who }
  if (consecutive !== undefined && streak >= consecutive)
    return { rule: 'consecutive', value: streak, limit: consecutive, calls: streak, by, ...who }
  if (options.slow === undefined || slow + running === 0) return
  const { limit, rate } = options.slow
  // What is still running began before the limit: by that it is told whether the older ones will still count.
  const isAlone = running > 0 && isOutdated(window, now - limit)
  const all = (isAlone ? 0 : calls) + running
  const late = (isAlone ? 0 : slow) + running
  if (all < enough || late < rate * all) return
  return { rule: 'slow_rate', value: late / all, limit: rate, calls: all, by, ...who }
}

const tripMachine = (breaker: Breaker, now: number, reason: Reason): Step => {
  const { machine, options, window } = breaker
  const { span, count: size } = window.shape
  const closedFor = now - machine.since
  // After the clock was set back nobody knows: it is taken for long ago.
  const full = span === Infinity ? window.length === size : closedFor >= span || closedFor < -1000
  return trip(machine, options, now, reason, full)
}
