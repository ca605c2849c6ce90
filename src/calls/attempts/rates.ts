import type { Clock } from '../../core/clock.js'
import { Failure } from '../../core/failure.js'
import type { Line } from '../../core/lines.js'
import { idle, type Limit } from '../../core/rules/gcra.js'
import type { Result } from '../call.js'
import type { Attempt } from './attempt.js'
import { Refused } from './refused.js'
import { createTurnstile } from './turnstile.js'

/** One rate that calls keep. */
export type CallRate = {
  readonly limit: Limit
  /** What the call of a record weighs; throws a `Failure` of kind `field` for a record that does not say so. */
  readonly costOf: (line: Line) => number
  /** What an answer says it has cost; undefined: nothing. */
  readonly settledBy?: (answer: Result) => number | undefined
}

/** Rates that calls keep, each attempt of a record anew: all of them are taken, or none is. */
export type Rates = {
  /** Whether all can be taken now: no other attempt is before it in line. */
  isFree(line: Line, attempt: Attempt): boolean
  /** Waits, with its slot, until it is the attempt's turn. Rejects with `Refused`. */
  turn(line: Line, attempt: Attempt): Promise<void>
  /** Takes all; false: not now, and none is taken. */
  take(line: Line, attempt: Attempt): boolean
  /** The attempt whose turn it was has gone elsewhere. */
  pass(attempt: Attempt): void
  /** The call has ended, with this answer if it has one: what it says it has cost takes the place of the estimate. */
  settle(attempt: Attempt, answer: Result | undefined): void
}

export type RatesOptions = {
  readonly rates: readonly CallRate[]
  readonly clock: Clock
  readonly stopping: AbortSignal
}

/** Rates of this process alone. */
export const createRates = ({ rates, clock, stopping }: RatesOptions): Rates => {
  const arrivals = new Float64Array(rates.length).fill(idle)

  const waitOf = (costs: readonly number[], now: number): number => {
    let longest = 0
    for (let index = 0; index < rates.length; index++) {
      const { limit } = rates[index] as CallRate
      longest = Math.max(longest, limit.wait(arrivals[index] as number, now, costs[index]))
    }
    return longest
  }

  const settles = rates.some(({ settledBy }) => settledBy !== undefined)
  const turnstile = createTurnstile({
    clock,
    stopping,
    keepsSlot: true,
    wait: ({ costs }) => waitOf(costs ?? [], clock.now()),
  })

  return {
    isFree(line, attempt) {
      attempt.costs ??= readCosts(rates, line)
      return turnstile.isFree(attempt)
    },
    turn(line, attempt) {
      attempt.costs ??= readCosts(rates, line)
      return turnstile.turn(attempt)
    },
    take(line, attempt) {
      attempt.costs ??= readCosts(rates, line)
      const { costs } = attempt
      if (!turnstile.isFirst(attempt)) return false
      const now = clock.now()
      if (waitOf(costs, now) > 0) return false
      for (let index = 0; index < rates.length; index++) {
        const { limit } = rates[index] as CallRate
        arrivals[index] = limit.charge(arrivals[index] as number, now, costs[index])
      }
      turnstile.pass(attempt)
      return true
    },
    pass: turnstile.pass,
    settle({ costs }, answer) {
      if (!settles || answer === undefined || costs === undefined) return
      const now = clock.now()
      for (let index = 0; index < rates.length; index++) {
        const { limit, settledBy } = rates[index] as CallRate
        const actual = settledBy?.(answer)
        if (actual !== undefined)
          arrivals[index] = correct(limit, arrivals[index] as number, now, actual - (costs[index] ?? 0))
      }
      turnstile.look()
    },
  }
}

/** The arrival time with so much more charged, or given back: that makes nothing due before now. */
export const correct = (limit: Limit, arrival: number, now: number, more: number): number => {
  if (more >= 0) return limit.charge(arrival, now, more)
  return arrival <= now ? arrival : Math.max(now, arrival - limit.charge(0, 0, -more))
}

/** What the call of a record weighs in each rate. Throws `Refused` for a record that does not say so. */
export const readCosts = (rates: readonly CallRate[], line: Line): readonly number[] => {
  try {
    return rates.map(({ costOf }) => costOf(line))
  } catch (error) {
    if (error instanceof Failure) throw new Refused(error)
    throw error
  }
}
