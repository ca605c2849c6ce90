import { Queue } from '../../core/queue.js'
import { largestRetries, type RetryBudget } from '../../core/rules/retry-budget.js'

/** Who wants a place: a call, a retry, or one that gave its place away to wait and comes back. */
export type Claim = 'call' | 'retry' | 'return'

/**
 * Slots for running work. The longest waiter gets the next one: retries first while the budget has room for
 * them, then calls that resume, then new calls.
 */
export type Slots = {
  /** Calls back at once, or when there is a place; the returned function gives up waiting. */
  take(claim: Claim, begin: () => void): () => void
  /** Gives a place back, with what it was used for. */
  release(isRetry: boolean): void
}

/** Of the places taken at most `max(floor, share)` are those of retries; without a budget there is no such bound. */
export const createSlots = (count: number, budget: RetryBudget = unbounded): Slots => {
  let free = count
  let retries = 0
  const waiting = { retry: new Queue<() => void>(), return: new Queue<() => void>(), call: new Queue<() => void>() }

  const shiftRetry = (): (() => void) | undefined => {
    if (waiting.retry.size === 0 || retries >= largestRetries(budget, count - free + 1)) return undefined
    retries++
    return waiting.retry.shift()
  }

  /** Lets those in whose turn it is: with each call that begins there may be room for a retry. */
  const serve = (): void => {
    while (free > 0) {
      const begin = shiftRetry() ?? waiting.return.shift() ?? waiting.call.shift()
      if (begin === undefined) return
      free--
      begin()
    }
  }

  return {
    take(claim, begin) {
      const queue = waiting[claim]
      const place = queue.add(begin)
      serve()
      return () => queue.delete(place)
    },
    release(isRetry) {
      free++
      if (isRetry) retries--
      serve()
    },
  }
}

const unbounded: RetryBudget = { share: 1, floor: Number.POSITIVE_INFINITY }
