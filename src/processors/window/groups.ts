import { growNumbers } from '../../core/aggregates/column.js'
import type { GrowingBuffer } from '../../core/tables/growing-buffer.js'
import type { Columns } from './columns.js'
import type { OpenKeys } from './open-keys.js'

/** The record that is placed now. */
export type Placing = {
  /** Milliseconds since 1970. */
  time: number
  /** Of its key; 0 without keys. */
  slot: number
  /** Its line, to resume from if it is lost. */
  number: number
  file: string | undefined
}

/** What is known of the records of one key in one window: a row of numbers, and one in each column. */
export class Groups {
  starts = new Float64Array(0)
  ends = new Float64Array(0)
  counts = new Float64Array(0)
  /** How many records leave for good with this row: those for which it is the last of their windows. */
  settled = new Float64Array(0)
  /** Rows are numbered in the order of their first records; -1 for a row that is not used. */
  orders = new Float64Array(0)
  /** Line of the first record. */
  numbers = new Float64Array(0)
  slots = new Int32Array(0)
  /** For the caller: another row of the same key. */
  next = new Int32Array(0)
  readonly #files: (string | undefined)[] = []
  readonly #columns: Columns
  readonly #keys: OpenKeys | undefined
  readonly #labels: readonly string[]
  #free: number[] = []
  #fresh = 0
  #order = 0

  constructor(columns: Columns, keys: OpenKeys | undefined) {
    this.#columns = columns
    this.#keys = keys
    this.#labels = columns.figures.map(({ name }) => `,${JSON.stringify(name)}:`)
  }

  /** A new row of the key of this record, from `start` to `end`. */
  begin({ slot, number, file }: Placing, start: number, end: number): number {
    const row = this.#free.pop() ?? this.#fresh++
    if (row === this.counts.length) this.#grow(Math.max(16, 2 * row))
    this.starts[row] = start
    this.ends[row] = end
    this.counts[row] = 0
    this.settled[row] = 0
    this.orders[row] = this.#order++
    this.numbers[row] = number
    this.slots[row] = slot
    this.next[row] = -1
    if (file !== undefined) this.#files[row] = file
    for (const { column } of this.#columns.fields) column.begin(row)
    this.#keys?.hold(slot)
    return row
  }

  /** Adds to a row the values that the columns have read; `present` says which of them have one. */
  add(row: number, time: number, present: Uint8Array): void {
    this.counts[row] = (this.counts[row] as number) + 1
    const { fields } = this.#columns
    for (let at = 0; at < fields.length; at++) if (present[at] === 1) fields[at]?.column.add(row, time)
  }

  /** Adds all of another row, which is gone then. The order is that of the older one. */
  merge(row: number, from: number): void {
    this.starts[row] = Math.min(this.starts[row] as number, this.starts[from] as number)
    this.ends[row] = Math.max(this.ends[row] as number, this.ends[from] as number)
    this.counts[row] = (this.counts[row] as number) + (this.counts[from] as number)
    this.settled[row] = (this.settled[row] as number) + (this.settled[from] as number)
    if ((this.orders[from] as number) < (this.orders[row] as number)) {
      this.orders[row] = this.orders[from] as number
      this.numbers[row] = this.numbers[from] as number
      this.#files[row] = this.#files[from]
    }
    for (const { column } of this.#columns.fields) column.merge(row, from)
    this.remove(from)
  }

  file(row: number): string | undefined {
    return this.#files[row]
  }

  /** Appends the record of a row. */
  write(row: number, into: GrowingBuffer, isPartial: boolean): void {
    into.appendText(this.#windowText(this.starts[row] as number, this.ends[row] as number))
    if (this.#keys !== undefined) into.appendText(`,"key":${this.#keys.text(this.slots[row] as number)}`)
    let text = ''
    for (const [at, { column, figure }] of this.#columns.figures.entries()) {
      text += `${this.#labels[at]}${column === undefined ? this.counts[row] : column.write(row, figure)}`
    }
    into.appendText(isPartial ? `${text},"partial":true}\n` : `${text}}\n`)
  }

  /** The row may be used again. */
  remove(row: number): void {
    this.orders[row] = -1
    if (this.#files[row] !== undefined) this.#files[row] = undefined
    for (const { column } of this.#columns.fields) column.clear(row)
    this.#keys?.release(this.slots[row] as number)
    this.#free.push(row)
  }

  // Neighbours mostly have the same window.
  #start = Number.NaN
  #end = Number.NaN
  #text = ''
  #windowText(start: number, end: number): string {
    if (start === this.#start && end === this.#end) return this.#text
    this.#start = start
    this.#end = end
    this.#text = `{"window":{"start":"${formatTime(start)}","end":"${formatTime(end)}"}`
    return this.#text
  }

  #grow(rows: number): void {
    this.starts = growNumbers(this.starts, rows)
    this.ends = growNumbers(this.ends, rows)
    this.counts = growNumbers(this.counts, rows)
    this.settled = growNumbers(this.settled, rows)
    this.orders = growNumbers(this.orders, rows)
    this.numbers = growNumbers(this.numbers, rows)
    this.slots = growIntegers(this.slots, rows)
    this.next = growIntegers(this.next, rows)
    for (const { column } of this.#columns.fields) column.grow(rows)
  }
}

const growIntegers = (from: Int32Array, rows: number): Int32Array<ArrayBuffer> => {
  const to = new Int32Array(rows)
  to.set(from)
  return to
}

const formatTime = (time: number): string => new Date(time).toISOString()
