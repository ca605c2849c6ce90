import type { BreakerOptions } from './options.js'

/** What a window keeps. Times in milliseconds. */
export type WindowShape = {
  /** Rates look at the last so many calls; 0: at all within `span`. */
  readonly count: number
  /** Nothing older counts, but for the newest `keep`; Infinity: no limit. */
  readonly span: number
  /** Width of a bucket; 0 without a time bound. */
  readonly width: number
  readonly buckets: number
  /** How many outcomes are kept one by one. */
  readonly capacity: number
  /** So many of the newest stay whatever their age: else slow failures would leave before there are enough to judge. */
  readonly keep: number
}

/** With a count outcomes are kept one by one; with a time bound alone they are summed up, and only the newest are kept. */
export const shapeOf = ({ window, buckets, minCalls }: BreakerOptions): WindowShape => {
  const keep = Math.min(minCalls, maxKept, window.count ?? maxKept)
  return {
    count: window.count ?? 0,
    span: window.time ?? Infinity,
    width: window.time === undefined ? 0 : Math.ceil(window.time / buckets),
    buckets,
    capacity: window.count ?? keep,
    keep,
  }
}

const maxKept = 100
