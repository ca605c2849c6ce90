/** A bucket of tokens as services keep it: so many in it at most, one more every `every` milliseconds. */
export const createTokenBucket = (burst: number, every: number) => {
  let tokens = burst
  let at = Number.NEGATIVE_INFINITY
  return {
    /** The milliseconds until there is one, if it was asked now. */
    until: (now: number): number => Math.max(0, (1 - Math.min(burst, tokens + (now - at) / every)) * every),
    /** Takes one: 0, or the milliseconds until there is one. */
    take(now: number): number {
      if (at === Number.NEGATIVE_INFINITY) at = now
      tokens = Math.min(burst, tokens + (now - at) / every)
      at = now
      if (tokens < 1 - 1e-9) return (1 - tokens) * every
      tokens--
      return 0
    },
  }
}
