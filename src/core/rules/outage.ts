import type { Failure } from '../failure.js'
import { isOwnLack } from './classes.js'

/** Tells an outage or a used-up quota, where most calls fail and would succeed later, from single bad records. */
export type Outage = {
  /** Counts one final outcome: how a record failed, or undefined when it did not. */
  settle(failure: Pick<Failure, 'kind' | 'failureClass' | 'facts'> | undefined): void
  /** Half or more of the last 100 outcomes, of at least 20, are failures that may pass. */
  readonly isOn: boolean
  readonly passing: number
  readonly outcomes: number
}

/** These were never tried: they say nothing about the other side. */
export const neverTried: ReadonlySet<string> = new Set(['breaker_open', 'gate_closed', 'cancelled'])

const looksBackAt = 100
const atLeast = 20
const share = 0.5

export const createOutage = (): Outage => {
  const recent = new Uint8Array(looksBackAt)
  let outcomes = 0
  let next = 0
  let passing = 0
  return {
    settle(failure) {
      if (failure !== undefined && (neverTried.has(failure.kind) || isOwnLack(failure))) return
      const mayPass = failure?.failureClass === 'transient' || failure?.failureClass === 'throttled' ? 1 : 0
      if (outcomes === looksBackAt) passing -= recent[next] as number
      else outcomes++
      recent[next] = mayPass
      passing += mayPass
      next = (next + 1) % looksBackAt
    },
    get isOn() {
      return outcomes >= atLeast && passing >= share * outcomes
    },
    get passing() {
      return passing
    },
    get outcomes() {
      return outcomes
    },
  }
}
