export type Backoff = {
  /** The first wait is at most this many milliseconds; doubled for every further retry. */
  readonly min: number
  /** No wait is longer than this many milliseconds. */
  readonly max: number
}

/**
 * Milliseconds to wait before a retry, counted from 1: exponential with full jitter, anything from 0 up to
 * min(max, min * 2 ** (retry - 1)). `min` is the base, not the least wait: full jitter spreads retries best and
 * starts at 0. Source: AWS Architecture Blog, "Exponential Backoff And Jitter",
 * sleep = random_between(0, min(cap, base * 2 ** attempt)). `random` gives numbers from 0 up to 1.
 */
export const backoff = ({ min, max }: Backoff, retry: number, random: () => number): number =>
  random() * Math.min(max, min * 2 ** Math.min(retry - 1, largestExponent))

// 2 ** 1024 is Infinity, and 0 times Infinity is no number.
const largestExponent = 1023
