import type { Lines } from '../lines.js'
import { ElementStarts } from './element-starts.js'
import type { Path } from './path.js'
import { createScanner, type Scanner } from './scan.js'
import { createAlikeScanner } from './scan-alike.js'

/**
 * What is in the lines of a chunk, a row for each: whether the line is one JSON value, and the byte ranges of that value and
 * of those at some paths. Everything that looks inside lines stands on it, so that they can be scanned many at a time.
 *
 * Ask `find` for the row of a line, in order; the arrays are read by row and stay the same objects. What a row says holds
 * until `find` or `scanAlone` is called for another line: copy what is kept. Offsets are in the bytes of the chunk.
 */
export class Rows {
  /** How many paths: the values of a row are at `row * width + path`. */
  readonly width: number
  /** 1 for a line that is exactly one JSON value; the ranges of others mean nothing. */
  readonly good = new Uint8Array(most)
  /** The whole value, without white space around it. */
  readonly valueStarts = new Int32Array(most)
  readonly valueEnds = new Int32Array(most)
  /** The value at a path, the last of equal keys; the start is -1 when the field is missing. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** How many escapes the strings of the line have, keys included: with none, no string holds a backslash. */
  readonly escapes = new Int32Array(most)
  /**
   * With `divided`: where the elements of the array at the last path begin in `elements.offsets`, and how many there are. They
   * mean something only where the value is an array.
   */
  readonly firstElements: Int32Array
  readonly elementCounts: Int32Array
  readonly elements: ElementStarts | undefined
  readonly #scanner: Scanner
  #lines: Lines | undefined
  #from = 0
  #until = 0

  /** With `divided`, the elements of the array at the last path are found as well. */
  constructor(paths: readonly Path[] = [], { divided = false } = {}) {
    this.width = paths.length
    this.starts = new Int32Array(most * paths.length)
    this.ends = new Int32Array(most * paths.length)
    this.firstElements = new Int32Array(divided ? most : 0)
    this.elementCounts = new Int32Array(divided ? most : 0)
    this.elements = divided ? new ElementStarts() : undefined
    this.#scanner = this.elements === undefined ? createAlikeScanner(paths) : createScanner(paths, this.elements)
  }

  /** The row of a line, which is scanned together with those that follow it unless that has been done. */
  find(lines: Lines, index: number): number {
    if (lines !== this.#lines || index < this.#from || index >= this.#until) this.#scan(lines, index)
    return index - this.#from
  }

  /** Scans a line that is not part of a chunk, newline included; true when it is good. Its row is 0. */
  scanAlone(bytes: Buffer): boolean {
    this.#lines = undefined
    this.elements?.clear()
    this.#fill(0, bytes, 0, bytes.length)
    return this.good[0] === 1
  }

  // Not all of a chunk at once: who takes a few lines and gives the rest back would have it scanned again and again.
  #scan(lines: Lines, from: number): void {
    const { bytes } = lines
    const last = Math.min(lines.length, from + most)
    let start = lines.start(from)
    const limit = start + mostBytes
    let index = from
    this.elements?.clear()
    while (index < last && start < limit) {
      const end = lines.end(index)
      this.#fill(index - from, bytes, start, end)
      start = end
      index++
    }
    this.#lines = lines
    this.#from = from
    this.#until = index
  }

  #fill(row: number, bytes: Buffer, start: number, end: number): void {
    const scanner = this.#scanner
    const { width } = this
    if (!scanner.scan(bytes, start, end)) {
      this.good[row] = 0
      return
    }
    this.good[row] = 1
    this.valueStarts[row] = scanner.valueStart
    this.valueEnds[row] = scanner.valueEnd
    this.escapes[row] = scanner.escapes
    if (this.elements !== undefined) {
      this.firstElements[row] = this.elements.first
      this.elementCounts[row] = this.elements.count
      this.elements.keep()
    }
    const first = row * width
    for (let path = 0; path < width; path++) {
      this.starts[first + path] = scanner.starts[path] as number
      this.ends[first + path] = scanner.ends[path] as number
    }
  }
}

const most = 256
const mostBytes = 256 * 1024
