import { refresh } from './breaker.js'
import { type Breaker, become, createBreaker, type Delta } from './model.js'
import type { BreakerOptions } from './options.js'
import { addErrors } from './seen-errors.js'
import { type Effect, noEffects } from './state.js'
import { evaluate, findReason, openUp } from './trip.js'
import {
  addOutcomes,
  bucketsOf,
  copyWindow,
  createWindow,
  forgetFuture,
  type OutcomeWindow,
  outcomesOf,
} from './window.js'
import { shapeOf } from './window-shape.js'

/** The view of one process on a shared circuit: it admits and gathers outcomes, `merge` alone changes the state. */
export const createView = (shared: Breaker, now: number): Breaker => {
  const view = createBreaker(shared.options, shared.machine, createDelta(shared.options, shared.machine.generation))
  adopt(view, shared, now)
  return view
}

/** Takes the outcomes gathered since the last time, to be merged into the shared state. */
export const takeDelta = (view: Breaker, now: number): Delta => {
  const delta = view.delta ?? createDelta(view.options, view.machine.generation)
  view.delta = createDelta(view.options, delta.generation)
  // Figures that were enough to open stay so when the merge comes late.
  const reason =
    view.machine.state === 'closed' && view.machine.override === null ? findReason(view, now, 0) : undefined
  return { ...delta, trip: reason ?? delta.trip }
}

/** Puts a delta back that could not be merged after all. */
export const giveBack = (view: Breaker, delta: Delta): void => {
  const newer = view.delta
  view.delta = delta
  if (newer === undefined) return
  if (newer.generation === delta.generation) addDelta(delta, newer)
  else {
    view.delta = newer
    addLate(newer, delta)
  }
}

/**
 * Adds what one process gathered to the shared state and judges the whole. `running` is how many calls in flight of
 * that process have taken longer than the limit of `--slow`. Outcomes of an older generation are late and change no rate.
 */
export const merge = (
  shared: Breaker,
  delta: Delta,
  now: number,
  running = 0,
): { readonly breaker: Breaker; readonly effects: readonly Effect[] } => {
  const breaker = copyBreaker(shared)
  const before = refresh(breaker, now)
  const { counters } = breaker
  counters.rejected += delta.counters.rejected
  counters.late += delta.counters.late
  if (delta.generation !== breaker.machine.generation || breaker.machine.state !== 'closed') {
    counters.late += delta.counters.ok + delta.counters.fail
    return { breaker, effects: before }
  }
  counters.ok += delta.counters.ok
  counters.fail += delta.counters.fail
  addErrors(breaker.errors, delta.errors)
  addStreak(breaker, delta)
  if (breaker.foreign !== undefined) return { breaker, effects: [...before, ...tripForeign(breaker, delta, now)] }
  forgetFuture(breaker.window, now)
  forgetFuture(delta.window, now)
  addWindow(breaker.window, delta.window)
  return { breaker, effects: [...before, ...evaluate(breaker, now, running)] }
}

/** Follows the shared state, after a merge or when another process changed it. What is still to be merged is kept. */
export const adopt = (view: Breaker, shared: Breaker, now: number): void => {
  const { delta } = view
  become(view, shared.machine)
  view.rev = shared.rev
  view.updated = shared.updated
  view.counters = { ...shared.counters }
  view.errors = shared.errors.map(error => ({ ...error }))
  view.streak = shared.streak
  view.settings = shared.settings
  if (delta === undefined) return
  const { generation } = shared.machine
  if (delta.generation !== generation) {
    view.delta = createDelta(view.options, generation)
    addLate(view.delta, delta)
  } else addStreak(view, delta)
  if (shared.foreign !== undefined) {
    // The other window tells nothing by our settings: ours goes on as long as the circuit stays closed.
    if (delta.generation !== generation) view.window = createWindow(view.window.shape)
    return
  }
  view.window = copyWindow(shared.window)
  forgetFuture(view.window, now)
  if (delta.generation === generation) addWindow(view.window, delta.window)
}

/** The same circuit in memory of its own. */
const copyBreaker = (breaker: Breaker): Breaker => ({
  ...breaker,
  window: copyWindow(breaker.window),
  counters: { ...breaker.counters },
  errors: breaker.errors.map(error => ({ ...error })),
})

const createDelta = (options: BreakerOptions, generation: number): Delta => ({
  generation,
  window: createWindow(shapeOf(options)),
  counters: { ok: 0, fail: 0, rejected: 0, late: 0 },
  errors: [],
  streak: 0,
  endsStreak: false,
  trip: null,
})

const addDelta = (delta: Delta, newer: Delta): void => {
  addWindow(delta.window, newer.window)
  addStreak(delta, newer)
  delta.endsStreak ||= newer.endsStreak
  delta.counters.ok += newer.counters.ok
  delta.counters.fail += newer.counters.fail
  delta.counters.rejected += newer.counters.rejected
  delta.counters.late += newer.counters.late
  addErrors(delta.errors, newer.errors)
  delta.trip = newer.trip ?? delta.trip
}

const addLate = (delta: Delta, older: Delta): void => {
  const { ok, fail, rejected, late } = older.counters
  delta.counters.rejected += rejected
  delta.counters.late += late + ok + fail
}

// A success among what is added ends the row of before.
const addStreak = (to: { streak: number }, { streak, endsStreak }: Delta): void => {
  to.streak = endsStreak ? streak : to.streak + streak
}

const addWindow = (to: OutcomeWindow, from: OutcomeWindow): void =>
  addOutcomes(to, outcomesOf(from), bucketsOf(from), from.began)

const tripForeign = (breaker: Breaker, { trip }: Delta, now: number): readonly Effect[] => {
  // Of another window only the row of failures is known by our settings.
  const reason = trip ?? findReason(breaker, now, 0)
  return reason === undefined || breaker.machine.override !== null ? noEffects : openUp(breaker, now, reason)
}
