import { createNumberList } from '../../core/tables/number-list.js'
import type { Placing } from './groups.js'
import type { CreateSpans } from './spans.js'

/** Windows of so many records of a key, an infinite number for one window; each lasts from its earliest to its latest record. */
export const createWholeSpans =
  (count: number): CreateSpans =>
  groups => {
    // The row + 1 of each key.
    const rows = createNumberList()
    let full = -1

    const begin = (record: Placing): number => {
      const row = groups.begin(record, record.time, record.time)
      rows.set(record.slot, row + 1)
      return row
    }

    return {
      place(record, _, add) {
        const known = rows.at(record.slot) - 1
        const row = known < 0 ? begin(record) : known
        groups.reach(row, record.time, record.time)
        add(row)
        if (groups.count(row) === count) full = row
        return true
      },
      get due() {
        return full < 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
      },
      close(watermark, leave) {
        if (full >= 0) {
          rows.set(groups.slot(full), 0)
          leave(full)
        }
        full = -1
        if (watermark === Number.POSITIVE_INFINITY) for (const row of groups.listOpen()) leave(row)
      },
    }
  }
