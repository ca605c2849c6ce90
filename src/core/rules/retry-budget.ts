/** How many attempts run, and how many of them are retries. */
export type RetryBudget = {
  /** Share of the calls in flight that may be retries, from 0 to 1. */
  readonly share: number
  /** So many retries are always let through. */
  readonly floor: number
  /** Attempts in flight, retries among them. */
  calls: number
  retries: number
}

/** 20% and 3 as in Envoy's `retry_budget`; without a floor a quiet service would never retry. */
export const createRetryBudget = (share = 0.2, floor = 3): RetryBudget => ({ share, floor, calls: 0, retries: 0 })

/** A first attempt begins. */
export const startCall = (budget: RetryBudget): void => {
  budget.calls++
}

/** A first attempt is over: a waiting retry may ask again. */
export const endCall = (budget: RetryBudget): void => {
  budget.calls--
}

/** A retry begins if the budget allows it; if not it waits and asks again when any attempt starts or ends. */
export const startRetry = (budget: RetryBudget): boolean => {
  if (budget.retries >= largestRetries(budget, budget.calls + 1)) return false
  budget.calls++
  budget.retries++
  return true
}

/** A retry is over: a waiting one may ask again. */
export const endRetry = (budget: RetryBudget): void => {
  budget.calls--
  budget.retries--
}

/**
 * How many of so many attempts in flight may be retries. A retry alone always may, or a floor of 0 would keep it waiting
 * for ever.
 */
export const largestRetries = ({ share, floor }: RetryBudget, calls: number): number =>
  // 0.29 * 100 is 28.999999999999996 and means 29.
  Math.max(floor, Math.floor(share * calls + 1e-9), calls === 1 ? 1 : 0)
