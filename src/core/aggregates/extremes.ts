import { compareDecimals } from '../merge/compare-decimals.js'
import { type Column, growNumbers, type HeldBytes } from './column.js'
import { type Figure, readFigure } from './read-figure.js'

/** The smallest or the largest number, exactly; one of many digits leaves as it came. */
export const createExtremes = (is: 'min' | 'max', held: HeldBytes): Column => {
  const sign = is === 'min' ? -1 : 1
  const read: Figure = { value: 0, isInteger: false, long: undefined }
  let readText: string | undefined
  // Not a number where there is none yet.
  let values = new Float64Array(0)
  // Numbers that a double may not hold, as they were written.
  const texts = new Map<number, string>()

  const keep = (row: number, value: number, text: string | undefined): void => {
    const kept = values[row] as number
    if (value === kept) {
      const keptText = texts.get(row)
      if (text === undefined && keptText === undefined) return
      if (sign * compareDecimals(text ?? String(value), keptText ?? String(kept)) <= 0) return
    } else if (sign * (value - kept) < 0) return
    values[row] = value
    drop(row)
    if (text === undefined) return
    texts.set(row, text)
    held.bytes += text.length
  }

  const drop = (row: number): void => {
    const text = texts.get(row)
    if (text === undefined) return
    texts.delete(row)
    held.bytes -= text.length
  }

  return {
    wanted: 'a number',
    grow(rows) {
      values = growNumbers(values, rows)
    },
    begin(row) {
      values[row] = Number.NaN
    },
    read(bytes, start, end) {
      if (!readFigure(read, bytes, start, end)) return false
      readText = end - start > 15 ? bytes.toString('latin1', start, end) : undefined
      return true
    },
    add: row => keep(row, read.value, readText),
    merge(row, from) {
      if (!Number.isNaN(values[from])) keep(row, values[from] as number, texts.get(from))
    },
    clear: drop,
    write(row) {
      const value = values[row] as number
      return Number.isNaN(value) ? 'null' : (texts.get(row) ?? String(value))
    },
  }
}
