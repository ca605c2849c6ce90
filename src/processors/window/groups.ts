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

// Numbers of a row, next to each other: a look at one brings all of them into the processor's cache.
const START = 0
const END = 1
const COUNT = 2
const SHARED = 3
const ORDER = 4
const NUMBER = 5
const width = 6

/** What is known of the records of one key in one window: a row of numbers, and one in each column. */
export class Groups {
  #numbers = new Float64Array(0)
  #slots = new Int32Array(0)
  #next = new Int32Array(0)
  readonly #files: (string | undefined)[] = []
  readonly #columns: Columns
  readonly #keys: OpenKeys | undefined
  readonly #labels: readonly string[]
  readonly #free: number[] = []
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
    if (row === this.#slots.length) this.#grow(Math.max(16, 2 * row))
    const numbers = this.#numbers
    const base = row * width
    numbers[base + START] = start
    numbers[base + END] = end
    numbers[base + COUNT] = 0
    numbers[base + SHARED] = 0
    numbers[base + ORDER] = this.#order++
    numbers[base + NUMBER] = number
    this.#slots[row] = slot
    this.#next[row] = -1
    if (file !== undefined) this.#files[row] = file
    for (const { column } of this.#columns.fields) column.begin(row)
    this.#keys?.hold(slot)
    return row
  }

  /** Adds to a row the values that the columns have read; `present` says which of them have one. */
  add(row: number, time: number, present: Uint8Array): void {
    const at = row * width + COUNT
    this.#numbers[at] = (this.#numbers[at] as number) + 1
    const { fields } = this.#columns
    for (let field = 0; field < fields.length; field++) {
      if (present[field] === 1) fields[field]?.column.add(row, time)
    }
  }

  /** The record added last is in a later window too, with which it leaves for good. */
  share(row: number): void {
    const at = row * width + SHARED
    this.#numbers[at] = (this.#numbers[at] as number) + 1
  }

  /** Makes the window of a row reach to these times. */
  reach(row: number, start: number, end: number): void {
    const numbers = this.#numbers
    const base = row * width
    if (start < (numbers[base + START] as number)) numbers[base + START] = start
    if (end > (numbers[base + END] as number)) numbers[base + END] = end
  }

  /** Adds all of another row, which is gone then. The order is that of the older one. */
  merge(row: number, from: number): void {
    const numbers = this.#numbers
    const [base, other] = [row * width, from * width]
    this.reach(row, numbers[other + START] as number, numbers[other + END] as number)
    numbers[base + COUNT] = this.count(row) + this.count(from)
    if (this.order(from) < this.order(row)) {
      numbers[base + ORDER] = this.order(from)
      numbers[base + NUMBER] = this.number(from)
      this.#files[row] = this.#files[from]
    }
    for (const { column } of this.#columns.fields) column.merge(row, from)
    this.remove(from)
  }

  start = (row: number): number => this.#numbers[row * width + START] as number
  end = (row: number): number => this.#numbers[row * width + END] as number
  count = (row: number): number => this.#numbers[row * width + COUNT] as number
  /** How many records leave for good with this row. */
  settled = (row: number): number => this.count(row) - (this.#numbers[row * width + SHARED] as number)
  /** Rows are numbered in the order of their first records; -1 for a row that is not used. */
  order = (row: number): number => this.#numbers[row * width + ORDER] as number
  /** Line of the first record. */
  number = (row: number): number => this.#numbers[row * width + NUMBER] as number
  file = (row: number): string | undefined => this.#files[row]
  slot = (row: number): number => this.#slots[row] as number
  /** Another row of the same key, as the caller has linked them, or -1. */
  next = (row: number): number => this.#next[row] as number

  link(row: number, next: number): void {
    this.#next[row] = next
  }

  /** The rows that are used, in the order of their first records. */
  listOpen(): Int32Array {
    const open = new Int32Array(this.#fresh - this.#free.length)
    let size = 0
    let last = -1
    let isInOrder = true
    for (let row = 0; row < this.#fresh; row++) {
      const order = this.order(row)
      if (order < 0) continue
      open[size++] = row
      isInOrder &&= order > last
      last = order
    }
    return isInOrder ? open : open.sort((one, other) => this.order(one) - this.order(other))
  }

  /** Appends the record of a row. */
  write(row: number, into: GrowingBuffer, isPartial: boolean): void {
    let text = this.#windowText(this.start(row), this.end(row))
    if (this.#keys !== undefined) text += `,"key":${this.#keys.text(this.slot(row))}`
    const { figures } = this.#columns
    for (let at = 0; at < figures.length; at++) {
      const { column, figure } = figures[at] as Columns['figures'][number]
      text += `${this.#labels[at]}${column === undefined ? this.count(row) : column.write(row, figure)}`
    }
    into.appendText(isPartial ? `${text},"partial":true}\n` : `${text}}\n`)
  }

  /** The row may be used again. */
  remove(row: number): void {
    this.#numbers[row * width + ORDER] = -1
    if (this.#files[row] !== undefined) this.#files[row] = undefined
    for (const { column } of this.#columns.fields) column.clear(row)
    this.#keys?.release(this.slot(row))
    this.#free.push(row)
  }

  // Neighbours mostly have the same window.
  #from = Number.NaN
  #until = Number.NaN
  #text = ''
  #windowText(start: number, end: number): string {
    if (start === this.#from && end === this.#until) return this.#text
    this.#from = start
    this.#until = end
    this.#text = `{"window":{"start":"${formatTime(start)}","end":"${formatTime(end)}"}`
    return this.#text
  }

  #grow(rows: number): void {
    this.#numbers = growNumbers(this.#numbers, rows * width)
    this.#slots = growIntegers(this.#slots, rows)
    this.#next = growIntegers(this.#next, rows)
    for (const { column } of this.#columns.fields) column.grow(rows)
  }
}

const growIntegers = (from: Int32Array, rows: number): Int32Array<ArrayBuffer> => {
  const to = new Int32Array(rows)
  to.set(from)
  return to
}

const formatTime = (time: number): string => new Date(time).toISOString()
