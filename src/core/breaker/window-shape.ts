import type { BreakerOptions } from './options.js'

/** What a window keeps. Times in milliseconds. */
export type WindowShape = {
  /** Rates look at the last so many calls; 0: at all within `span`. */
  readonly count: number
  /** Nothing older counts; Infinity: no limit. */
  readonly span: number
  /** Width of a bucket; 0 without a time bound. */
  readonly width: number
  readonly buckets: number
  /** How many outcomes are kept one by one. */
  readonly capacity: number
}

/** With a count, or a rule about calls in a row, outcomes are kept one by one. */
export const shapeOf = ({ window, buckets, consecutive }: BreakerOptions): WindowShape => ({
  count: window.count ?? 0,
  span: window.time ?? Infinity,
  width: window.time === undefined ? 0 : Math.ceil(window.time / buckets),
  buckets,
  capacity: window.count ?? consecutive ?? 0,
})
