import { Heap } from '../../core/tables/heap.js'
import { createNumberList } from '../../core/tables/number-list.js'
import type { Placing } from './groups.js'
import type { CreateSpans } from './spans.js'

/** Windows of one key each, which end when nothing of it has come for `gap` milliseconds. */
export const createSessionSpans =
  (gap: number): CreateSpans =>
  groups => {
    // The first row + 1 of each key; `groups.next` leads on to its others.
    const heads = createNumberList()
    // A session that has grown or is gone stays in it until it is its turn.
    const ends = new Heap()

    /** The first session of a chain, after this row, that a record at this time touches; -1 when there is none. */
    const touched = (first: number, time: number): number => {
      for (let row = first; row >= 0; row = groups.next(row)) {
        if (time <= groups.end(row) && time + gap >= groups.start(row)) return row
      }
      return -1
    }

    const unlink = (row: number): void => {
      const slot = groups.slot(row)
      const after = groups.next(row)
      let before = heads.at(slot) - 1
      if (before === row) return heads.set(slot, after + 1)
      while (groups.next(before) !== row) before = groups.next(before)
      groups.link(before, after)
    }

    const begin = (record: Placing): number => {
      const { time, slot } = record
      const row = groups.begin(record, time, time + gap)
      groups.link(row, heads.at(slot) - 1)
      heads.set(slot, row + 1)
      ends.add(time + gap, groups.order(row), row)
      return row
    }

    /** Makes the session reach to this record; what it touches then becomes part of it. */
    const reach = (row: number, time: number): void => {
      groups.reach(row, time, time + gap)
      // A record touches two at most: between three, one would be shorter than the gap.
      const other = touched(groups.next(row), time)
      if (other < 0) return
      unlink(other)
      groups.merge(row, other)
      ends.add(groups.end(row), groups.order(row), row)
    }

    return {
      place(record, watermark, add) {
        const { time, slot } = record
        let row = touched(heads.at(slot) - 1, time)
        if (row >= 0) reach(row, time)
        else if (time + gap + 1 <= watermark) return false
        else row = begin(record)
        add(row)
        return true
      },
      // A record at the very end still touches it.
      get due() {
        return ends.rank + 1
      },
      close(watermark, leave) {
        while (ends.size > 0 && ends.rank + 1 <= watermark) {
          const { rank, order, item: row } = ends
          ends.remove()
          if (groups.order(row) !== order) continue
          const end = groups.end(row)
          if (end > rank) ends.add(end, order, row)
          else {
            unlink(row)
            leave(row)
          }
        }
      },
    }
  }
