/** How many of the calls in flight may be retries. */
export type RetryBudget = {
  /** Share of the calls in flight, from 0 to 1. */
  readonly share: number
  /** So many are always let through. */
  readonly floor: number
}

/**
 * How many of so many calls in flight may be retries. A retry alone always may, or a floor of 0 would keep it waiting
 * for ever.
 */
export const largestRetries = ({ share, floor }: RetryBudget, calls: number): number =>
  // 0.29 * 100 is 28.999999999999996 and means 29.
  Math.max(floor, Math.floor(share * calls + 1e-9), calls === 1 ? 1 : 0)
