import type { Failure } from '../failure.js'

/** Tells an outage, where most calls fail and would succeed later, from single bad records. */
export type Outage = {
  /** Counts one final outcome: how a record failed, or undefined when it did not. */
  settle(failure: Pick<Failure, 'kind' | 'failureClass'> | undefined): void
  /** Half or more of the last 100 outcomes, of at least 20, are transient failures. */
  readonly isOn: boolean
  readonly transient: number
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
  let transient = 0
  return {
    settle(failure) {
      if (failure !== undefined && neverTried.has(failure.kind)) return
      const isTransient = failure?.failureClass === 'transient' ? 1 : 0
      if (outcomes === looksBackAt) transient -= recent[next] as number
      else outcomes++
      recent[next] = isTransient
      transient += isTransient
      next = (next + 1) % looksBackAt
    },
    get isOn() {
      return outcomes >= atLeast && transient >= share * outcomes
    },
    get transient() {
      return transient
    },
    get outcomes() {
      return outcomes
    },
  }
}
