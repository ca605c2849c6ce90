import type { HeldBytes } from '../../core/aggregates/column.js'
import type { KeyReader } from '../../core/json/key-reader.js'
import type { Rows } from '../../core/json/rows.js'
import { createNumberList } from '../../core/tables/number-list.js'
import { SlotTable } from '../../core/tables/slot-table.js'

/** The keys of all open windows, each with a slot as long as a window holds it. */
export type OpenKeys = {
  /** The slot of the key that the reader has read from a row; `tooMany` when it is new and there is no room. */
  find(keys: KeyReader, rows: Rows, bytes: Buffer, row: number): number
  /** A window holds this slot. */
  hold(slot: number): void
  /** A window holds it no more; the last one lets the key go. */
  release(slot: number): void
  /** Lets a key go that no window has come to hold. */
  forgetUnused(slot: number): void
  /** The key as its first record wrote it. */
  text(slot: number): string
}

export const tooMany = -1

export const createOpenKeys = (max: number, held: HeldBytes): OpenKeys => {
  const table = new SlotTable()
  const uses = createNumberList()
  const texts: string[] = []

  const forget = (slot: number): void => {
    held.bytes -= texts[slot]?.length ?? 0
    texts[slot] = ''
    table.remove(slot)
  }

  return {
    find(keys, rows, bytes, row) {
      const known = table.find(keys.bytes, keys.start, keys.end)
      if (known >= 0) return known
      if (table.size >= max) return tooMany
      const slot = table.add()
      const text = keys.bytes === bytes ? keys.text : keys.readWritten(rows, bytes, row)
      texts[slot] = text
      held.bytes += text.length
      return slot
    },
    hold: slot => uses.set(slot, uses.at(slot) + 1),
    release(slot) {
      const left = uses.at(slot) - 1
      uses.set(slot, left)
      if (left === 0) forget(slot)
    },
    forgetUnused(slot) {
      if (uses.at(slot) === 0) forget(slot)
    },
    text: slot => texts[slot] as string,
  }
}
