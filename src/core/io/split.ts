import { Lines } from '../lines.js'

/** What a chunk of input turns out to be, told in the order of the input. */
export type SplitSink = {
  /** Neighbouring records. */
  records(lines: Lines): void
  /** Neighbouring failure records of an earlier stage, recognised by their first bytes. */
  failures(lines: Lines): void
  /** A line of nothing but white space. */
  blank(): void
  /** A line over the limit: only this is kept of it. */
  tooLong(line: TooLongLine): void
}

export type TooLongLine = {
  readonly number: number
  readonly file: string | undefined
  /** In bytes, without the newline. */
  readonly length: number
  readonly sha256: string
  /** The first 4 KiB. */
  readonly head: Buffer
}

export type SplitOptions = {
  /** Longest line in bytes, without its newline. */
  readonly maxLine: number
  readonly file?: string | undefined
  /** Bytes to ask for at once. */
  readonly slab?: number
  /** False: lines that look like failure records are records. */
  readonly recognise?: boolean
  /** True: blank lines are records. */
  readonly blanks?: boolean
}

/** Longest failure record for a limit on records: a wrapped record must never be lost to the limit of the next stage. */
export const maxFailureLine = (maxLine: number): number => 8 * maxLine + 64 * 1024

const newline = 10
const headLength = 4096

/** What makes a failure record known must stand in its first bytes, wherever the chunks that brought it were cut. */
const prefixLength = 1024

/**
 * Turns chunks into whole lines, in time linear in their length: only newly read bytes are searched, and a line's bytes
 * are moved only when the buffer doubles. The reader reads straight into `space()` and then calls `took(n)`.
 */
export class Splitter {
  #slab: Buffer
  #from = 0
  #filled = 0
  #number = 1
  #shared = false
  #atStart = true
  #ends = new Int32Array(1024)
  #long: { hash: import('node:crypto').Hash; length: number; head: Buffer } | undefined
  readonly #slabSize: number
  readonly #recognise: boolean
  readonly #skipBlank: boolean
  readonly #maxFailure: number

  constructor(
    readonly options: SplitOptions,
    readonly sink: SplitSink,
  ) {
    this.#slabSize = options.slab ?? 64 * 1024
    this.#slab = Buffer.allocUnsafeSlow(this.#slabSize)
    this.#recognise = options.recognise ?? true
    this.#skipBlank = options.blanks !== true
    this.#maxFailure = maxFailureLine(options.maxLine)
  }

  /** True while part of a line is held that has not ended yet. */
  get partial(): boolean {
    return this.#filled > this.#from || this.#long !== undefined
  }

  /** Number of the line that comes next, from 1. */
  get nextNumber(): number {
    return this.#number
  }

  /** Where the next bytes belong. Bytes that were handed out before are never overwritten. */
  space(): Buffer {
    const held = this.#filled - this.#from
    if (this.#slab.length - this.#filled < this.#slabSize / 4) {
      const slab = Buffer.allocUnsafeSlow(Math.max(this.#slabSize, held * 2 + this.#slabSize / 4))
      this.#slab.copy(slab, 0, this.#from, this.#filled)
      this.#slab = slab
      this.#shared = false
      this.#from = 0
      this.#filled = held
    }
    return this.#slab.subarray(this.#filled)
  }

  /** So many bytes have been put into `space()`. */
  took(count: number): void {
    const searched = this.#filled
    this.#filled += count
    if (this.#atStart) this.#dropByteOrderMark()
    this.#split(Math.max(searched, this.#from))
    if (this.#filled - this.#from > this.options.maxLine && !this.#atStart) this.#giveUpOnLongLine()
    if (this.#long !== undefined) this.#hashLongLine(this.#filled)
  }

  /** Nothing that was handed out is used any more: its memory takes the next bytes. Not while `space()` waits to be filled. */
  reuse(): void {
    if (this.#from === 0) return
    this.#slab.copyWithin(0, this.#from, this.#filled)
    this.#filled -= this.#from
    this.#from = 0
    this.#shared = false
  }

  /** Bytes in a buffer that belongs to the caller. */
  push(chunk: Uint8Array): void {
    for (let offset = 0; offset < chunk.length; ) {
      const space = this.space()
      const count = Math.min(space.length, chunk.length - offset)
      space.set(chunk.subarray(offset, offset + count))
      this.took(count)
      offset += count
    }
  }

  /** The input is over: a last line without a newline gets one. */
  end(): void {
    // A lone part of a byte order mark is a line like any other.
    this.#atStart = false
    if (!this.partial) return
    this.space()[0] = newline
    this.took(1)
  }

  #dropByteOrderMark(): void {
    const mark = [0xef, 0xbb, 0xbf]
    const seen = Math.min(3, this.#filled - this.#from)
    for (let index = 0; index < seen; index++) {
      if (this.#slab[this.#from + index] !== mark[index]) {
        this.#atStart = false
        return
      }
    }
    if (seen < 3) return
    this.#from += 3
    this.#atStart = false
  }

  #split(searchFrom: number): void {
    const slab = this.#slab.subarray(0, this.#filled)
    let at = slab.indexOf(newline, searchFrom)
    if (at === -1) return
    if (this.#long !== undefined) {
      this.#hashLongLine(at)
      this.#endLongLine()
      this.#from = at + 1
      this.#number++
      at = slab.indexOf(newline, this.#from)
    }
    const recognise = this.#recognise
    const skipBlank = this.#skipBlank
    const maxLine = this.options.maxLine
    let ends = this.#ends
    let count = 0
    let runStart = this.#from
    let start = runStart
    let failures = false
    while (at !== -1) {
      // Nearly every line is neither blank nor a failure record, and one or three bytes tell.
      let what = aRecord
      const first = slab[start] as number
      if (first <= 0x20) {
        if (skipBlank) what = classify(slab, start, at)
      } else if (first === 0x7b && recognise) {
        const second = slab[start + 1] as number
        if (second < 0x22 || (second === 0x22 && slab[start + 2] === 0x24)) what = classify(slab, start, at)
      }
      if (at - start > maxLine && !(what === aFailure && at - start <= this.#maxFailure)) what = tooLong
      if (what !== (failures ? aFailure : aRecord)) {
        this.#hand(runStart, ends, count, failures)
        count = 0
        runStart = start
        failures = what === aFailure
        if (what === aBlank || what === tooLong) {
          if (what === aBlank) this.sink.blank()
          else this.#refuseWholeLine(start, at)
          this.#number++
          runStart = at + 1
        }
      }
      if (what === aRecord || what === aFailure) {
        if (count === ends.length) {
          ends = new Int32Array(2 * count)
          ends.set(this.#ends)
          this.#ends = ends
        }
        ends[count++] = at + 1
      }
      start = at + 1
      at = slab.indexOf(newline, start)
    }
    this.#hand(runStart, ends, count, failures)
    this.#from = start
  }

  #hand(start: number, ends: Int32Array, count: number, failures: boolean): void {
    if (count === 0) return
    this.#shared = true
    const lines = new Lines(this.#slab, start, ends.slice(0, count), 0, count, this.#number, this.options.file)
    this.#number += count
    if (failures) this.sink.failures(lines)
    else this.sink.records(lines)
  }

  #refuseWholeLine(start: number, end: number): void {
    const line = this.#slab.subarray(start, end)
    const { createHash } = crypto()
    this.sink.tooLong({
      number: this.#number,
      file: this.options.file,
      length: line.length,
      sha256: createHash('sha256').update(line).digest('hex'),
      head: Buffer.from(line.subarray(0, headLength)),
    })
  }

  #giveUpOnLongLine(): void {
    if (this.#long !== undefined) return
    const line = this.#slab.subarray(this.#from, this.#filled)
    if (this.#recognise && line.length <= this.#maxFailure) {
      if (line.length < prefixLength || classify(this.#slab, this.#from, this.#filled) === aFailure) return
    }
    const { createHash } = crypto()
    this.#long = { hash: createHash('sha256'), length: 0, head: Buffer.alloc(headLength) }
  }

  #hashLongLine(until: number): void {
    const part = this.#slab.subarray(this.#from, until)
    if (this.#long === undefined) return
    this.#long.hash.update(part)
    if (this.#long.length < headLength) part.copy(this.#long.head, this.#long.length)
    this.#long.length += part.length
    this.#from = until
    if (until === this.#filled) {
      // Nothing of it is needed any more: the same memory takes the next bytes, unless lines of it were handed out.
      if (this.#shared) this.#slab = Buffer.allocUnsafeSlow(this.#slabSize)
      this.#shared = false
      this.#from = 0
      this.#filled = 0
    }
  }

  #endLongLine(): void {
    if (this.#long === undefined) return
    const { hash, length } = this.#long
    const head = this.#long.head.subarray(0, length)
    this.#long = undefined
    this.sink.tooLong({ number: this.#number, file: this.options.file, length, sha256: hash.digest('hex'), head })
  }
}

// node:crypto costs 4.6 ms of a start; only lines over the limit need it.
const crypto = () => process.getBuiltinModule('node:crypto')

const aRecord = 0
const aFailure = 1
const aBlank = 2
const tooLong = 3

/** Told apart by the first bytes: `{ "$streamz" : "error/` with any JSON white space in between is a failure record. */
const classify = (bytes: Buffer, start: number, end: number): number => {
  let at = start
  while (at < end && isSpace(bytes[at])) at++
  if (at === end) return aBlank
  if (at > start || bytes[at] !== 0x7b) return aRecord
  const last = Math.min(end, start + prefixLength)
  at = skipSpace(bytes, at + 1, last)
  if (!startsWith(bytes, at, last, failureKey)) return aRecord
  at = skipSpace(bytes, at + failureKey.length, last)
  if (at === last || bytes[at] !== 0x3a) return aRecord
  at = skipSpace(bytes, at + 1, last)
  return startsWith(bytes, at, last, failureValue) ? aFailure : aRecord
}

const failureKey = Buffer.from('"$streamz"')
const failureValue = Buffer.from('"error/')

const isSpace = (byte: number | undefined) => byte === 0x20 || byte === 0x0d || byte === 0x09

const skipSpace = (bytes: Buffer, from: number, end: number): number => {
  let at = from
  while (at < end && isSpace(bytes[at])) at++
  return at
}

// So few bytes are compared at once before a native call has begun.
const startsWith = (bytes: Buffer, at: number, end: number, word: Buffer): boolean => {
  if (at + word.length > end) return false
  for (let index = 0; index < word.length; index++) if (bytes[at + index] !== word[index]) return false
  return true
}

/** Whether a line is a failure record of an earlier stage, told by its first bytes. */
export const isFailureLine = (bytes: Buffer, start: number, end: number): boolean =>
  classify(bytes, start, end) === aFailure
