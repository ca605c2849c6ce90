import type { Clock } from '../../core/clock.js'
import { Failure } from '../../core/failure.js'
import type { Line } from '../../core/lines.js'
import type { Attempt } from './attempt.js'
import type { Guard, Leave, Others } from './guard.js'
import type { Patience } from './patience.js'
import type { Pauses } from './pauses.js'
import type { Rates } from './rates.js'
import { Refused } from './refused.js'

export type EntranceOptions = {
  readonly clock: Clock
  /** The service that a record calls: when it refuses, no call is made to it. */
  readonly serviceOf: (line: Line) => string
  readonly pauses: Pauses
  readonly patience: Patience
  /** The circuit breaker. */
  readonly breaker?: Guard | undefined
  readonly rates?: Rates | undefined
}

/**
 * Lets a call be made when the circuit breaker, the pauses that services ask for and all rates say yes in one look, the rates
 * last; after any wait all are asked again. Whoever is refused goes back in line: that uses no retry.
 */
export const createEntrance = ({ clock, serviceOf, pauses, patience, breaker, rates }: EntranceOptions): Guard => {
  const isUnpaused = (line: Line, attempt: Attempt): boolean =>
    !pauses.some || pauses.isFree(serviceFor(line, attempt), attempt)

  /** Whether neither a pause nor a rate is in the way. */
  const isClear = (line: Line, attempt: Attempt): boolean =>
    isUnpaused(line, attempt) && (rates === undefined || rates.isFree(line, attempt))

  const take = (line: Line, attempt: Attempt): boolean =>
    isUnpaused(line, attempt) && (rates === undefined || rates.take(line, attempt))

  const waitUntilClear = async (line: Line, attempt: Attempt): Promise<void> => {
    while (!isClear(line, attempt)) {
      const service = serviceFor(line, attempt)
      if (pauses.isFree(service, attempt)) await rates?.turn(line, attempt)
      else {
        // The one whose turn it is there may wait for this one's turn at the rates.
        rates?.pass(attempt)
        await pauses.turn(service, attempt)
      }
    }
  }

  /** A redirect may have led it to another server, which refused. */
  const serviceFor = (line: Line, attempt: Attempt): string => attempt.refusedBy ?? nameService(line)

  const nameService = (line: Line): string => {
    try {
      return serviceOf(line)
    } catch (error) {
      if (error instanceof Failure) throw new Refused(error)
      throw error
    }
  }

  const enter = async (line: Line, attempt: Attempt): Promise<Leave> => {
    const others: Others = {
      ready: () => (isClear(line, attempt) ? undefined : waitUntilClear(line, attempt)),
      stepAside() {
        pauses.pass(attempt)
        rates?.pass(attempt)
      },
    }
    try {
      for (;;) {
        await others.ready()
        pauses.look()
        const leave = await breaker?.(line, attempt, others)
        if (take(line, attempt)) return go(line, attempt, leave)
        await leave?.(notMade)
      }
    } catch (error) {
      others.stepAside()
      throw error
    }
  }

  const go = (line: Line, attempt: Attempt, leave: Leave | undefined): Leave => {
    const ticket = pauses.some ? pauses.send(serviceFor(line, attempt), attempt) : 0
    attempt.answeredBy = undefined
    attempt.asksToWait = undefined
    return (error, answer) => {
      rates?.settle(attempt, answer)
      const failure = error instanceof Failure ? error : undefined
      const isRefused = failure?.failureClass === 'throttled'
      if (error === undefined) patience.succeed()
      if (!isRefused && attempt.asksToWait === undefined && !pauses.some) return leave?.(error, answer)
      const service = attempt.answeredBy ?? serviceFor(line, attempt)
      if (error === undefined) pauses.succeed(service, ticket)
      if (!isRefused) {
        if (attempt.asksToWait !== undefined) pauses.hold(service, attempt.asksToWait)
        return leave?.(error, answer)
      }
      attempt.refusedBy = service
      pauses.refuse(service, ticket, failure.facts.retryAfter)
      const again = () => ({ notBefore: clock.now() + pauses.left(service) })
      const verdict = leave?.(error, answer)
      return verdict instanceof Promise ? verdict.then(again) : again()
    }
  }

  return (line, attempt) => {
    pauses.look()
    return breaker === undefined && take(line, attempt) ? go(line, attempt, undefined) : enter(line, attempt)
  }
}

/** What a call that leave was given for and that was not made ends with. */
const notMade = Symbol('not made')
