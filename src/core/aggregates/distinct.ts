import { canonicalText, isCanonical } from '../json/canonical.js'
import { DistinctCounter } from '../tables/distinct-counter.js'
import { WideHash } from '../tables/wide-hash.js'
import type { Column, HeldBytes } from './column.js'

/** How many different values there are: exactly up to 1,000, then within 2 % or so. Values are compared in canonical form. */
export const createDistinct = (held: HeldBytes): Column => {
  // The same secret in every run, so that the same input gives the same estimate.
  const hash = new WideHash(Int32Array.of(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344))
  const counters: (DistinctCounter | undefined)[] = []

  const counterOf = (row: number): DistinctCounter => {
    const known = counters[row]
    if (known !== undefined) return known
    const counter = new DistinctCounter()
    counters[row] = counter
    held.bytes += counter.bytes
    return counter
  }

  return {
    wanted: 'a value',
    grow() {},
    begin() {},
    read(bytes, start, end) {
      // Whether a string holds a backslash is looked for in the string itself.
      if (isCanonical(bytes, start, end, 1)) hash.hash(bytes, start, end)
      else {
        const text = Buffer.from(canonicalText(bytes, start, end))
        hash.hash(text, 0, text.length)
      }
      return true
    },
    add(row) {
      const counter = counterOf(row)
      const before = counter.bytes
      counter.add(hash.a, hash.b)
      held.bytes += counter.bytes - before
    },
    merge(row, from) {
      const other = counters[from]
      if (other === undefined) return
      const counter = counterOf(row)
      const before = counter.bytes
      counter.merge(other)
      held.bytes += counter.bytes - before
    },
    clear(row) {
      held.bytes -= counters[row]?.bytes ?? 0
      counters[row] = undefined
    },
    write: row => String(counters[row]?.count() ?? 0),
  }
}
