import type { Failure } from '../failure.js'
import { isOwnLack } from './classes.js'

/** Distinguishes an outage or a used-up quota, where most calls would succeed later, from single bad records. */
export type Outage = {
  /** Counts one final outcome: the failure of a record, or undefined if it succeeded. */
  settle(failure: Pick<Failure, 'kind' | 'failureClass' | 'facts'> | undefined): void
  /** True if at least half of the last 100 outcomes (and of at least 20) are temporary failures. */
  readonly isOn: boolean
  readonly passing: number
  readonly outcomes: number
}

/** These were never called, so they say nothing about the service. */
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
