import type { Groups, Placing } from './groups.js'

/** How records are divided into windows. */
export type Spans = {
  /**
   * Puts a record into the windows it belongs to, as far as they are open, `watermark` being the time up to which windows are
   * closed: `add` is called with each row that it is part of. False when none of them is open.
   */
  place(record: Placing, watermark: number, add: (row: number) => void): boolean
  /** The watermark at which the next window closes; infinite when none will. */
  readonly due: number
  /** Calls back with the rows of windows that are over at this watermark, all of them when it is infinite, by their end. */
  close(watermark: number, leave: (row: number) => void): void
}

export type CreateSpans = (groups: Groups) => Spans
