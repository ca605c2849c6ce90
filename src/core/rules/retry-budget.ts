/** How many of the calls in flight may be retries. */
export type RetryBudget = {
  /** Share of the calls in flight, from 0 to 1. */
  readonly share: number
  /** This many are always allowed. */
  readonly floor: number
}

/**
 * How many of the calls in flight may be retries. A single retry is always allowed, or a floor of 0 would make it wait
 * forever.
 */
export const largestRetries = ({ share, floor }: RetryBudget, calls: number): number =>
  // 0.29 * 100 is 28.999999999999996 and means 29.
  Math.max(floor, Math.floor(share * calls + 1e-9), calls === 1 ? 1 : 0)
