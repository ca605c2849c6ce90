import type { Limit } from './gcra.js'

/**
 * A limit shared by processes, as plain data. The theoretical arrival time is kept as milliseconds `ahead` of the
 * moment it was `seen`: beside a wall clock of 13 digits the cost of one byte would be rounded away.
 */
export type Reserved = { readonly seen: number; readonly ahead: number }

export const nothingReserved: Reserved = { seen: 0, ahead: 0 }

/** A clock that is back by less, in milliseconds, was read before another process took its turn. */
const sameMoment = 1000

/** Whether the clock was set back since: then the state must be stored again, or no time would ever pass. */
export const isSetBack = (state: Reserved, now: number): boolean => state.seen - now >= sameMoment

/**
 * Reserves the next free slot of this cost: `at` says from when it may be used, on the caller's clock. Only a slot is
 * counted, used or not. `now` may be the wall clock: when that is set back, no time has passed, and nobody waits for
 * the old time to come again. Slots keep to the bound of the limit; who uses his late may add that lateness to the window.
 */
export const reserve = (
  limit: Limit,
  state: Reserved,
  now: number,
  cost = 1,
): { readonly state: Reserved; readonly at: number } => {
  const seen = now < state.seen && !isSetBack(state, now) ? state.seen : now
  const arrival = Math.max(0, state.ahead - Math.max(0, seen - state.seen))
  return {
    state: { seen, ahead: limit.charge(arrival, 0, cost) },
    at: seen + limit.wait(arrival, 0, cost),
  }
}
