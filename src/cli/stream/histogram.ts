/** Durations in milliseconds, kept in buckets 5% apart: quantiles within 2.5% in 4 KB of memory. */
export class Histogram {
  readonly #buckets = new Uint32Array(1024)
  count = 0
  max = 0

  /** So many of them took this long. */
  add(ms: number, count = 1): void {
    this.count += count
    if (ms > this.max) this.max = ms
    // Bucket 0 ends at 1 microsecond.
    const bucket = ms <= 0.001 ? 0 : Math.min(1023, Math.ceil(Math.log(ms / 0.001) / step))
    this.#buckets[bucket] = (this.#buckets[bucket] as number) + count
  }

  /** The duration that a share of all stayed below; undefined without any. */
  quantile(share: number): number | undefined {
    if (this.count === 0) return undefined
    let rest = Math.ceil(share * this.count)
    for (const [bucket, count] of this.#buckets.entries()) {
      rest -= count
      if (rest <= 0) return Math.min(this.max, 0.001 * Math.exp((bucket - 0.5) * step))
    }
    return this.max
  }
}

const step = Math.log(1.05)
