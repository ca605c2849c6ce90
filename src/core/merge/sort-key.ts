import { readNumber } from '../json/read-number.js'
import { compareDecimals } from './compare-decimals.js'

/** A value that has an order: null < false < true < numbers < strings by code points. */
export class SortKey {
  #rank = 0
  #number = 0
  // The text of a number, or the UTF-8 of a string.
  #bytes: Buffer = nothing
  #start = 0
  #end = 0

  /** Takes over the JSON value in this range of a line; false for an object or an array, which has no order. */
  read(bytes: Buffer, start: number, end: number): boolean {
    const first = bytes[start] as number
    if (first === 0x7b || first === 0x5b) return false
    this.#rank = first === 0x22 ? string : (ranks[first] ?? number)
    this.#bytes = bytes
    this.#start = start
    this.#end = end
    if (this.#rank === number) this.#number = readNumber(bytes, start, end) as number
    else if (this.#rank === string) this.#readString(bytes, start, end)
    return true
  }

  /** Below 0 when this one comes before the other, 0 when they are equal. */
  compare(other: SortKey): number {
    if (this.#rank !== other.#rank) return this.#rank - other.#rank
    if (this.#rank === string) return this.#compareBytes(other)
    return this.#rank === number ? this.#compareNumbers(other) : 0
  }

  /** From now on in memory of its own: that of the line takes other bytes. */
  keep(): void {
    if (this.#rank < number) return
    this.#bytes = Buffer.from(this.#bytes.subarray(this.#start, this.#end))
    this.#start = 0
    this.#end = this.#bytes.length
  }

  #readString(bytes: Buffer, start: number, end: number): void {
    this.#start = start + 1
    this.#end = end - 1
    for (let at = start + 1; at < end - 1; at++) {
      if (bytes[at] !== 0x5c) continue
      this.#bytes = Buffer.from(JSON.parse(bytes.toString('utf8', start, end)))
      this.#start = 0
      this.#end = this.#bytes.length
      return
    }
  }

  // The order of UTF-8 is that of the code points.
  #compareBytes(other: SortKey): number {
    const one = this.#bytes
    const two = other.#bytes
    const length = this.#end - this.#start
    const otherLength = other.#end - other.#start
    const both = Math.min(length, otherLength)
    for (let at = 0; at < both; at++) {
      const difference = (one[this.#start + at] as number) - (two[other.#start + at] as number)
      if (difference !== 0) return difference
    }
    return length - otherLength
  }

  // Reading a double never turns an order round, but makes one of neighbours that are close.
  #compareNumbers(other: SortKey): number {
    if (this.#number !== other.#number) return this.#number < other.#number ? -1 : 1
    const size = Math.abs(this.#number)
    const isExact = this.#end - this.#start <= 15 && other.#end - other.#start <= 15 && size > 1e-300 && size < 1e300
    return isExact ? 0 : compareDecimals(this.#text(), other.#text())
  }

  #text(): string {
    return this.#bytes.toString('latin1', this.#start, this.#end)
  }
}

const number = 3
const string = 4
const ranks: Readonly<Record<number, number>> = { 110: 0, 102: 1, 116: 2 }
const nothing = Buffer.alloc(0)
