import { createScanner, depthLimit } from '../json/scan.js'
import { skipPlain } from '../json/scan-string.js'
import { viewOf } from '../json/view-of.js'
import { createShape, holeNumbers, mostDigits, type Pieces, stepLength } from './entry-shape.js'

/**
 * Knows entries again that differ from one seen before only in names, times and numbers, several times as fast as reading
 * them: their bytes up to the record are compared with that one's, and only the record is scanned.
 */
export type KnownEntries = {
  /** The number kept for entries like this line, which is whole; -1 when it must be read to know more. It must end in a newline. */
  find(bytes: Buffer, start: number, end: number): number
  /** After a line was known: where its name is, and its time with the quotes. */
  readonly entryStart: number
  readonly entryEnd: number
  readonly timeStart: number
  readonly timeEnd: number
  /**
   * Keeps a number, from 0, for entries like this one, which was found whole; its record has this key and lies from
   * `record` to `recordEnd`.
   */
  learn(bytes: Buffer, start: number, record: number, recordEnd: number, key: string, cause: number): void
}

type Back = { readonly pieces: Pieces; readonly number: number }
type Front = { readonly text: string; readonly pieces: Pieces; readonly backs: Back[]; oldest: number }

// Nothing shorter is nested so deep that it could be too deep inside of an entry; of a longer one the rest is the smaller part.
const longestRecord = 2 * depthLimit
const mostFronts = 8
const mostBacks = 64
// It must pay: when of so many lines not a quarter was known, the next are read without looking. Learning one costs as much
// as reading ten.
const windowLength = 1024
const mostLearnt = 64
const restLength = 16 * windowLength

export const createKnownEntries = (): KnownEntries => {
  const fronts: Front[] = []
  const scanner = createScanner()
  let oldest = 0
  let looked = 0
  let found = 0
  let learnt = 0
  let rest = 0

  let entryStart = 0
  let entryEnd = 0
  let timeStart = 0
  let timeEnd = 0

  const known = { find, learn, entryStart, entryEnd, timeStart, timeEnd }
  return known

  function find(bytes: Buffer, start: number, end: number): number {
    if (rest > 0) {
      rest--
      return -1
    }
    if (looked++ === windowLength) {
      if (found < windowLength / 4) rest = restLength
      looked = 0
      found = 0
      learnt = 0
    }
    for (let index = 0; index < fronts.length; index++) {
      const front = fronts[index] as Front
      const fork = match(front.pieces, bytes, start, end)
      if (fork === -1) continue
      for (let other = 0; other < front.backs.length; other++) {
        const back = front.backs[other] as Back
        const record = match(back.pieces, bytes, fork, end)
        if (record === -1) continue
        if (!isWholeFrom(bytes, record, end)) return -1
        found++
        known.entryStart = entryStart
        known.entryEnd = entryEnd
        known.timeStart = timeStart
        known.timeEnd = timeEnd
        return back.number
      }
    }
    return -1
  }

  /** Whether one value comes next and then only the brace that closes the line. */
  function isWholeFrom(bytes: Buffer, record: number, end: number): boolean {
    const brace = end - 2
    if (bytes[brace] !== 0x7d || end - record > longestRecord) return false
    // A newline must follow what is scanned; it is a brace again before anybody looks.
    bytes[brace] = 0x0a
    const isGood = scanner.scan(bytes, record, end - 1)
    bytes[brace] = 0x7d
    return isGood
  }

  function learn(bytes: Buffer, start: number, record: number, recordEnd: number, key: string, cause: number): void {
    if (rest > 0 || learnt === mostLearnt) return
    // A key behind the record may come for the second time, and then it is the one that counts.
    if (bytes[recordEnd] !== 0x7d || bytes[recordEnd + 1] !== 0x0a) return
    learnt++
    const shape = createShape(bytes.toString('utf8', start, record), key)
    if (shape === undefined) return
    let front = fronts.find(({ text }) => text === shape.frontText)
    if (front === undefined) {
      front = { text: shape.frontText, pieces: shape.front, backs: [], oldest: 0 }
      fronts[oldest] = front
      oldest = (oldest + 1) % mostFronts
    }
    front.backs[front.oldest] = { pieces: shape.back, number: cause }
    front.oldest = (front.oldest + 1) % mostBacks
  }

  /** Gives the offset after the pieces, or -1. Every hole ends at a newline at the latest. */
  function match({ steps, words }: Pieces, bytes: Buffer, start: number, end: number): number {
    const view = viewOf(bytes)
    const readable = bytes.length - 8
    let at = start
    let word = 0
    for (let step = 0; step < steps.length; step += stepLength) {
      const length = steps[step] as number
      const last = at + length - 8
      if (at + length >= end || at > readable) return -1
      if (last >= at) {
        for (; at < last; at += 8) if (view.getFloat64(at, true) !== words[word++]) return -1
        // No text has a word that is not a number, nor one that is zero: equal words have equal bytes.
        if (view.getFloat64(last, true) !== words[word++]) return -1
        at = last + 8
      } else {
        const low = length < 4 ? (1 << (8 * length)) - 1 : -1
        const high = length < 4 ? 0 : (1 << (8 * (length - 4))) - 1
        if ((view.getInt32(at, true) & low) !== steps[step + 2]) return -1
        if ((view.getInt32(at + 4, true) & high) !== steps[step + 3]) return -1
        at += length
      }
      const hole = steps[step + 1] as number
      const from = at
      if (hole === text) at = skipPlain(view, at, readable)
      else if (hole === digits || hole === number) {
        if (hole === number && bytes[at] === 0x30) at++
        else at = skipDigits(bytes, at)
        if (at === from || at - from > mostDigits) return -1
      } else if (hole === time) {
        at = skipPlain(view, at, readable)
        timeStart = from - 1
        timeEnd = at + 1
      } else if (hole === name) {
        at = skipName(bytes, at)
        if (at === from || at - from > longestName) return -1
        entryStart = from
        entryEnd = at
      }
    }
    return at
  }
}

const { name, time, text, number, digits } = holeNumbers
const longestName = 64

const skipDigits = (bytes: Buffer, start: number): number => {
  let at = start
  while (isDigit(bytes[at] as number)) at++
  return at
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39

const skipName = (bytes: Buffer, start: number): number => {
  let at = start
  while (inNames[bytes[at] as number] === 1) at++
  return at
}

const inNames = Uint8Array.from({ length: 256 }, (_, byte) => (/[\w-]/.test(String.fromCharCode(byte)) ? 1 : 0))
