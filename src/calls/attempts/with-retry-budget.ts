import type { Attempts } from '../../core/failure.js'
import { endCall, endRetry, type RetryBudget, startCall, startRetry } from '../../core/rules/retry-budget.js'
import { onAbort } from './on-abort.js'
import type { Slot } from './wait-for-retry.js'
import type { RetriedCall, RetryContext } from './with-retry.js'

/**
 * Keeps the retries in flight within a budget shared by all records: one that finds none left waits without a slot, in
 * the order they came, and is cancelled like any wait.
 */
export const withRetryBudget = (call: RetriedCall, budget: RetryBudget): RetriedCall => {
  const waiting = new Set<() => void>()

  /** It is let in, but not in flight before it has a slot. */
  const letIn = (): boolean => {
    if (!startRetry(budget)) return false
    budget.calls--
    return true
  }

  /** Lets those in whose turn it is, whenever an attempt has begun or ended. */
  const admit = () => {
    for (const enter of waiting) {
      if (!letIn()) return
      waiting.delete(enter)
      enter()
    }
  }

  const enter = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (waiting.size === 0 && letIn()) return resolve()
      const begin = () => {
        cancel()
        resolve()
      }
      const cancel = onAbort(signal, () => {
        waiting.delete(begin)
        reject(signal.reason)
      })
      waiting.add(begin)
    })

  return async (line, context) => {
    const { slot } = context
    let isRetry = false
    let inFlight = true
    const leave = () => {
      if (!inFlight) return
      inFlight = false
      if (isRetry) endRetry(budget)
      else endCall(budget)
      admit()
    }
    const acquire = async (signal: AbortSignal) => {
      await slot?.acquire(signal)
      startCall(budget)
      inFlight = true
      admit()
    }
    const acquireRetry = async (signal: AbortSignal) => {
      await enter(signal)
      try {
        await slot?.acquire(signal)
      } catch (error) {
        budget.retries--
        admit()
        throw error
      }
      budget.calls++
      isRetry = true
      inFlight = true
      admit()
    }
    const release = () => {
      slot?.release()
      leave()
    }
    startCall(budget)
    admit()
    try {
      // For a wait within an attempt: a first one stays what it is.
      const budgeted = { release, acquire: (signal: AbortSignal) => (isRetry ? acquireRetry(signal) : acquire(signal)) }
      return await call(line, new BudgetedContext(context, budgeted, { release, acquire: acquireRetry }))
    } finally {
      leave()
    }
  }
}

/** The same context with other slots. A class, because its id is not read before somebody asks, and a getter there is cheap. */
class BudgetedContext implements RetryContext {
  readonly killing: AbortSignal
  readonly stopping: AbortSignal

  constructor(
    private readonly outer: RetryContext,
    readonly slot: Slot,
    readonly retrySlot: Slot,
  ) {
    this.killing = outer.killing
    this.stopping = outer.stopping ?? outer.killing
  }

  get id(): string {
    return this.outer.id
  }

  onAnswer(tried: () => Attempts): void {
    this.outer.onAnswer?.(tried)
  }
}
