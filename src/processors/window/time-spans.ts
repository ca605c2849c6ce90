import { Heap } from '../../core/tables/heap.js'
import type { CreateSpans } from './spans.js'

type OpenSpan = {
  readonly start: number
  readonly end: number
  readonly rows: number[]
  /** By the slot of a key: its row + 1, or 0. */
  rowOf: Int32Array
}

/** Windows of `size` milliseconds that begin every `slide` of them, counted from 1970. */
export const createTimeSpans =
  (size: number, slide: number): CreateSpans =>
  groups => {
    // By their number: that of the slide they begin with.
    const open = new Map<number, OpenSpan>()
    const ends = new Heap()
    // Nearly always that of the record before.
    let lastNumber = Number.NaN
    let lastSpan: OpenSpan | undefined

    const find = (number: number): OpenSpan => {
      if (number === lastNumber) return lastSpan as OpenSpan
      const span = open.get(number) ?? begin(number)
      lastNumber = number
      lastSpan = span
      return span
    }

    const begin = (number: number): OpenSpan => {
      const start = number * slide
      const span = { start, end: start + size, rows: [], rowOf: new Int32Array(16) }
      open.set(number, span)
      ends.add(span.end, number, 0)
      return span
    }

    return {
      place(record, watermark, add) {
        const { time, slot } = record
        const last = Math.floor(time / slide)
        // Its last window is closed first of none: with that one closed, all are.
        if (last * slide + size <= watermark) return false
        for (let number = Math.floor((time - size) / slide) + 1; number <= last; number++) {
          if (number * slide + size <= watermark) continue
          const span = find(number)
          if (slot >= span.rowOf.length) span.rowOf = grow(span.rowOf, slot + 1)
          let row = (span.rowOf[slot] as number) - 1
          if (row < 0) {
            row = groups.begin(record, span.start, span.end)
            span.rowOf[slot] = row + 1
            span.rows.push(row)
          }
          add(row)
          if (number < last) groups.share(row)
        }
        return true
      },
      get due() {
        return ends.rank
      },
      close(watermark, leave) {
        while (ends.rank <= watermark && ends.size > 0) {
          const number = ends.order
          const span = open.get(number) as OpenSpan
          ends.remove()
          open.delete(number)
          if (number === lastNumber) lastNumber = Number.NaN
          for (const row of span.rows) leave(row)
        }
      },
    }
  }

const grow = (from: Int32Array, least: number): Int32Array<ArrayBuffer> => {
  const to = new Int32Array(2 * least)
  to.set(from)
  return to
}
