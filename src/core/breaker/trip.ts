import { type Step, trip } from './machine.js'
import { type Breaker, become } from './model.js'
import { type Effect, noEffects, type Reason } from './state.js'
import { expire } from './window.js'

/** Opens if the figures say so, counting calls still running as slow; to be asked when a call passes the slow limit. */
export const evaluate = (breaker: Breaker, now: number, running = 0): readonly Effect[] => {
  if (breaker.machine.state !== 'closed' || breaker.machine.override !== null) return noEffects
  expire(breaker.window, now)
  return tripIfDue(breaker, now, running)
}

/** Opens a closed circuit if its figures say so; what is too old must have left the window. */
export const tripIfDue = (breaker: Breaker, now: number, running = 0): readonly Effect[] => {
  const reason = breaker.machine.override === null ? findReason(breaker, running) : undefined
  return reason === undefined ? noEffects : openUp(breaker, now, reason)
}

/** Opens on the figures of this process alone; for a view whose shared state cannot be reached. */
export const carryOn = (view: Breaker, now: number, running = 0): readonly Effect[] => {
  if (view.machine.state !== 'closed' || view.machine.override !== null) return noEffects
  expire(view.window, now)
  const reason = findReason(view, running)
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

const tripMachine = (breaker: Breaker, now: number, reason: Reason): Step => {
  const { machine, options, window } = breaker
  const { span, count: size } = window.shape
  const full = span === Infinity ? window.length === size : now - machine.since >= span
  return trip(machine, options, now, reason, full)
}
