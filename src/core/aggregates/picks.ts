import { type Column, growNumbers, type HeldBytes } from './column.js'

/** The value of the first or the last record by its time, as it was written; of those of one moment by the order of the input. */
export const createPicks = (is: 'first' | 'last', held: HeldBytes): Column => {
  let bytes: Buffer = Buffer.alloc(0)
  let start = 0
  let end = 0
  let times = new Float64Array(0)
  const texts: (string | undefined)[] = []

  const wins = (row: number, time: number): boolean => {
    if (texts[row] === undefined) return true
    return is === 'first' ? time < (times[row] as number) : time >= (times[row] as number)
  }

  const keep = (row: number, time: number, text: string): void => {
    drop(row)
    times[row] = time
    texts[row] = text
    held.bytes += text.length
  }

  const drop = (row: number): void => {
    held.bytes -= texts[row]?.length ?? 0
    texts[row] = undefined
  }

  return {
    wanted: 'a value',
    grow(rows) {
      times = growNumbers(times, rows)
    },
    begin(row) {
      texts[row] = undefined
    },
    read(from, first, last) {
      bytes = from
      start = first
      end = last
      return true
    },
    add(row, time) {
      if (wins(row, time)) keep(row, time, bytes.toString('utf8', start, end))
    },
    merge(row, from) {
      const text = texts[from]
      if (text !== undefined && wins(row, times[from] as number)) keep(row, times[from] as number, text)
    },
    clear: drop,
    write: row => texts[row] ?? 'null',
  }
}
