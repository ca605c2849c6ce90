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
  if (budget.retries >= largestRetries(budget)) return false
  budget.calls++
  budget.retries++
  return true
}

/** A retry is over: a waiting one may ask again. */
export const endRetry = (budget: RetryBudget): void => {
  budget.calls--
  budget.retries--
}

/** How many retries may be in flight beside the calls of now. Nothing in flight: one, or a floor of 0 would wait for ever. */
export const largestRetries = ({ share, floor, calls }: RetryBudget): number =>
  // 0.2 * 15 is 3.0000000000000004 and 0.07 * 100 is 7.000000000000001: down is right; 0.29 * 100 is 28.999999999999996.
  Math.max(floor, Math.floor(share * calls + 1e-9), calls === 0 ? 1 : 0)
