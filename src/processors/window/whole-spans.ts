import { createNumberList } from '../../core/tables/number-list.js'
import type { CreateSpans } from './spans.js'

/** Windows of so many records of a key, an infinite number for one window; each lasts from its earliest to its latest record. */
export const createWholeSpans =
  (count: number): CreateSpans =>
  groups => {
    // The row + 1 of each key.
    const rows = createNumberList()
    // All that were begun, in order; those that have left since are skipped.
    let begun: { readonly row: number; readonly order: number }[] = []
    let open = 0
    let full = -1

    const begin = (record: Parameters<typeof groups.begin>[0]): number => {
      const row = groups.begin(record, record.time, record.time)
      rows.set(record.slot, row + 1)
      if (begun.length > 2 * open + 1000) begun = begun.filter(isOpen)
      begun.push({ row, order: groups.order(row) })
      open++
      return row
    }

    const isOpen = ({ row, order }: { readonly row: number; readonly order: number }): boolean =>
      groups.order(row) === order

    const end = (row: number, leave: (row: number) => void): void => {
      rows.set(groups.slot(row), 0)
      open--
      leave(row)
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
        if (full >= 0) end(full, leave)
        full = -1
        if (watermark < Number.POSITIVE_INFINITY) return
        for (const one of begun) if (isOpen(one)) end(one.row, leave)
        begun = []
      },
    }
  }
