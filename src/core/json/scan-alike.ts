import type { Path } from './path.js'
import { createScanner, type Scanner } from './scan.js'
import { skipLiteral, skipNumber } from './scan-scalar.js'
import { type Findings, skipPlain, skipRest } from './scan-string.js'
import { viewOf } from './view-of.js'

/** A scanner that gives the same, sooner when most lines have the shape of the one before. */
export const createAlikeScanner = (paths: readonly Path[]): Scanner => {
  const scanner = createScanner(paths)
  const shape = new LineShape(scanner)
  const { scan } = scanner
  return Object.assign(scanner, {
    scan(bytes: Buffer, start: number, end: number): boolean {
      // The bytes of a line are compared eight at a time.
      const isInside = end + 7 <= bytes.length
      if (shape.isKnown && isInside && shape.fits(bytes, viewOf(bytes), start)) return true
      if (!scan(bytes, start, end)) return false
      if (!shape.isKnown) shape.learn(bytes, viewOf(bytes), start, end)
      return true
    },
  })
}

/**
 * The shape of a line: all of its bytes but those of the strings, numbers, true, false and null that are values. Most lines have
 * the shape of the one before, white space included: then no key has to be read, the line is good when its scalars are, and the
 * values at the paths stand behind the same scalars as before. Too long a line has none.
 */
export class LineShape {
  readonly #found: Found
  readonly #findings: Findings = { escapes: 0, errorAt: 0, message: '' }
  // A good line, and where the scalars in it begin and end.
  #sample = new DataView(new ArrayBuffer(0))
  #begins = new Int32Array(0)
  #ends = new Int32Array(0)
  #scalars = 0
  #keyEscapes = 0
  // Where the line that is looked at begins, and where each of its scalars ends.
  #marks = new Int32Array(1)
  // For each path, and at last for the value as a whole: behind which mark and how far behind it that begins and ends.
  readonly #places: Int32Array
  // Lines that differ cost time: when too many do, another shape is learned, after more lines each time that none fits.
  #trust = -1
  #pause = 0
  #paused = 0

  constructor(found: Found) {
    this.#found = found
    this.#places = new Int32Array(4 * (found.starts.length + 1))
  }

  /** There is one, and enough lines have it. */
  get isKnown(): boolean {
    return this.#trust >= 0
  }

  /** True for a good line of this shape, which is then found as by a scan; at least seven bytes must follow the line. */
  fits(bytes: Buffer, view: DataView, start: number): boolean {
    if (!this.#compare(bytes, view, start, bytes.length - 4)) {
      this.#trust -= 2
      return false
    }
    if (this.#trust < mostTrust && ++this.#trust === mostTrust) this.#pause = 0
    this.#report(start)
    return true
  }

  /** Takes over the shape of a line that was found good, unless that was tried in vain a moment ago. */
  learn(bytes: Buffer, view: DataView, start: number, end: number): void {
    if (this.#paused > 0) {
      this.#paused--
      return
    }
    this.#pause = Math.min(2 * this.#pause + 1, longestPause)
    this.#paused = this.#pause
    if (end - start > longest) return
    this.#findScalars(bytes, view, start, end, bytes.length - 4)
    if (!this.#isWorthIt()) return
    this.#trust = 1
    const { starts, ends, valueStart, valueEnd } = this.#found
    for (let path = 0; path < starts.length; path++) this.#note(path, starts[path] as number, ends[path] as number)
    this.#note(starts.length, valueStart, valueEnd)
  }

  #compare(bytes: Buffer, view: DataView, start: number, last: number): boolean {
    const sample = this.#sample
    const begins = this.#begins
    const ends = this.#ends
    const marks = this.#marks
    const scalars = this.#scalars
    const findings = this.#findings
    let at = start | 0
    let from = 0
    marks[0] = at
    findings.escapes = 0
    for (let scalar = 0; scalar < scalars; ) {
      const until = begins[scalar] as number
      if (!isSame(view, at, sample, from, until)) return false
      at = (at + until - from) | 0
      from = ends[scalar] as number
      const byte = bytes[at] as number
      if (byte === 0x22) {
        at = skipPlain(view, at + 1, last) | 0
        if (bytes[at] !== 0x22) {
          at = skipRest(bytes, view, at, last, findings) | 0
          if (at < 0) return false
        }
        at = (at + 1) | 0
      } else {
        at = ((byte ^ 0x30) <= 9 || byte === 0x2d ? skipNumber(bytes, at) : skipLiteral(bytes, view, at, last)) | 0
        if (at < 0) return false
      }
      scalar = (scalar + 1) | 0
      marks[scalar] = at
    }
    // The newline is the last byte of both.
    return isSame(view, at, sample, from, sample.byteLength)
  }

  #report(start: number): void {
    const found = this.#found
    const places = this.#places
    const marks = this.#marks
    const { starts, ends } = found
    let at = 0
    for (let path = 0; path < starts.length; path++, at += 4) {
      const mark = places[at] as number
      starts[path] = mark < 0 ? -1 : (marks[mark] as number) + (places[at + 1] as number)
      ends[path] = (marks[places[at + 2] as number] as number) + (places[at + 3] as number)
    }
    found.valueStart = start + (places[at + 1] as number)
    found.valueEnd = (marks[places[at + 2] as number] as number) + (places[at + 3] as number)
    found.escapes = this.#keyEscapes + this.#findings.escapes
  }

  #findScalars(bytes: Buffer, view: DataView, start: number, end: number, last: number): void {
    const begins: number[] = []
    const ends: number[] = []
    const findings: Findings = { escapes: 0, errorAt: 0, message: '' }
    this.#keyEscapes = 0
    for (let at = start; at < end; ) {
      const begin = at
      const byte = bytes[at] as number
      const { escapes } = findings
      if (byte === 0x22) {
        at = skipPlain(view, at + 1, last)
        if (bytes[at] !== 0x22) at = skipRest(bytes, view, at, last, findings)
        at++
      } else if ((byte ^ 0x30) <= 9 || byte === 0x2d) at = skipNumber(bytes, at)
      else if (byte >= 0x61 && byte < 0x7b) at = skipLiteral(bytes, view, at, last)
      else {
        at++
        continue
      }
      if (byte === 0x22 && isKey(bytes, at)) this.#keyEscapes += findings.escapes - escapes
      else {
        begins.push(begin - start)
        ends.push(at - start)
      }
    }
    this.#begins = Int32Array.from(begins)
    this.#ends = Int32Array.from(ends)
    this.#scalars = begins.length
    this.#marks = Int32Array.from([start, ...ends.map(end => start + end)])
    this.#sample = new DataView(Uint8Array.from(bytes.subarray(start, end)).buffer)
  }

  /** To compare short pieces between many scalars, as those of arrays, takes longer than to scan them. */
  #isWorthIt(): boolean {
    let compared = this.#sample.byteLength
    for (let scalar = 0; scalar < this.#scalars; scalar++) {
      compared -= (this.#ends[scalar] as number) - (this.#begins[scalar] as number)
    }
    return compared >= leastCompared * this.#scalars
  }

  #note(path: number, start: number, end: number): void {
    const first = this.#markBefore(start)
    const last = this.#markBefore(end)
    const marks = this.#marks
    this.#places.set([first, start - (marks[first] ?? 0), last, end - (marks[last] ?? 0)], 4 * path)
  }

  /** The last mark that is not behind this offset; -1 for none. */
  #markBefore(at: number): number {
    return this.#marks.findLastIndex(mark => mark <= at)
  }
}

/** What a scan finds; the arrays stay the same. */
type Found = Pick<Scanner, 'starts' | 'ends'> & { valueStart: number; valueEnd: number; escapes: number }

// Bytes that are text are never NaN or zeros as doubles: equal doubles are equal bytes. A newline ends the sample, and what is
// compared, too: nothing is read but the bytes of the line and seven more.
const isSame = (view: DataView, at: number, sample: DataView, from: number, until: number): boolean => {
  const length = (until - from) | 0
  if (length >= 8) {
    const last = (until - 8) | 0
    const shift = (at - from) | 0
    for (let place = from; place < last; place = (place + 8) | 0) {
      if (view.getFloat64((place + shift) | 0) !== sample.getFloat64(place)) return false
    }
    // The last eight overlap with those before.
    return view.getFloat64((last + shift) | 0) === sample.getFloat64(last)
  }
  if (length >= 4) {
    return (
      view.getInt32(at) === sample.getInt32(from) &&
      view.getInt32((at + length - 4) | 0) === sample.getInt32((until - 4) | 0)
    )
  }
  for (let index = 0; index < length; index++) {
    if (view.getUint8(at + index) !== sample.getUint8(from + index)) return false
  }
  return true
}

const isKey = (bytes: Buffer, start: number): boolean => {
  let at = start
  while (bytes[at] === 0x20 || bytes[at] === 0x09 || bytes[at] === 0x0d) at++
  return bytes[at] === 0x3a
}

// Bytes for each scalar.
const leastCompared = 6
const longest = 16 * 1024
const mostTrust = 16
const longestPause = 4095
