import { readNumber } from '../json/read-number.js'
import { viewOf } from '../json/view-of.js'
import { findLastWords } from '../last-words.js'
import { createKeyTable } from '../tables/key-table.js'
import type { DeadLetterReader, Field } from './reader.js'

/** What finding the cause of a failure looks at. */
export const causeFields: readonly Field[] = ['command', 'stageName', 'status', 'message', 'time', 'stderr', 'output']

/** Failures with the same kind, stage, status, message and last line of stderr or answer, runs of digits being the same. */
export type Cause = {
  readonly kind: string
  readonly stage: string | undefined
  readonly status: number | undefined
  /** The message of the first, digits replaced by `#`; undefined when there are too many different messages to tell apart. */
  readonly message: string | undefined
  /** The last line of stderr or of the answer, digits replaced; undefined when there is none. */
  readonly words: string | undefined
  /** The entry of the first unless another is chosen, and the beginning of its record. */
  sample: string
  record: string
  /** Wall clock; NaN when no time is given. */
  firstSeen: number
  lastSeen: number
}

/** So many causes are told apart; further messages are taken together, which keeps memory flat. */
export const maxCauses = 1000

/** The causes of the entries of a reader that looks at `causeFields`; nothing is built for one that was seen before. */
export type Causes = {
  /** The number of the cause of the entry just read. */
  find(bytes: Buffer): number
  /** The entry just read is one of a cause: when it failed counts. */
  seen(number: number, bytes: Buffer): void
  /** Its times are told again. */
  forgetTimes(number: number): void
  /** The entry just read stands for this cause. */
  choose(number: number, bytes: Buffer): void
  readonly list: readonly Cause[]
}

export const createCauses = (reader: DeadLetterReader): Causes => {
  const list: Cause[] = []
  // None ever leaves, so a cause has the number of its slot.
  const table = createKeyTable({ max: 2 ** 28 })
  const key = Buffer.alloc(2048)
  // The cause that had this sum of the key's bytes last: most failures are like others, and need no hash.
  const recent = new Int32Array(256)
  let sum = 0
  const readTime = createTimeReader()
  const { starts, ends } = reader
  const slots = keyFields.map(reader.slot)
  const messageSlot = reader.slot('message')
  const timeSlot = reader.slot('time')
  const stderrSlot = reader.slot('stderr')
  const outputSlot = reader.slot('output')

  /** Writes what tells a cause from others, and gives its length. */
  const writeKey = (bytes: Buffer, withMessage: boolean): number => {
    let length = 0
    sum = 0
    for (const slot of slots) {
      const start = starts[slot] as number
      const end = start === -1 ? -1 : Math.min(ends[slot] as number, start + maxText)
      for (let at = start; at < end; at++) {
        const byte = bytes[at] as number
        key[length++] = byte
        sum += byte
      }
      key[length++] = 0
    }
    if (!withMessage) return length
    const start = starts[messageSlot] as number
    length = writeFolded(bytes, length, start, Math.min(ends[messageSlot] as number, start + maxText))
    key[length++] = 0
    const slot = isText(bytes, starts[stderrSlot] as number, ends[stderrSlot] as number) ? stderrSlot : outputSlot
    const last = findLastLine(bytes, starts[slot] as number, ends[slot] as number)
    return last === -1 ? length : writeFolded(bytes, length, last, Math.min(ends[slot] as number, last + maxText))
  }

  const writeFolded = (bytes: Buffer, from: number, start: number, end: number): number => {
    let length = from
    for (let at = Math.max(0, start); at < end; at++) {
      const byte = bytes[at] as number
      if (byte < 0x30 || byte > 0x39) {
        key[length++] = byte
        sum += byte
      } else if (key[length - 1] !== folded) key[length++] = folded
    }
    return length
  }

  const add = (bytes: Buffer, withMessage: boolean): void => {
    const status = reader.start('status')
    list.push({
      kind: reader.text('kind') ?? '',
      stage: reader.text('stageName') ?? reader.text('command'),
      status: status === -1 ? undefined : readNumber(bytes, status, reader.end('status')),
      message: withMessage ? foldDigits(reader.text('message') ?? '') : undefined,
      words: withMessage ? readWords(reader) : undefined,
      ...readSample(reader, bytes),
      firstSeen: Number.NaN,
      lastSeen: Number.NaN,
    })
  }

  const find = (bytes: Buffer): number => {
    const length = writeKey(bytes, true)
    const last = recent[sum & 0xff] as number
    if (last < list.length && table.holds(last, key, 0, length)) return last
    const found = table.find(key, 0, length)
    if (found !== -1) {
      recent[sum & 0xff] = found
      return found
    }
    const isToldApart = list.length < maxCauses
    const slot = table.use(key, 0, isToldApart ? length : writeKey(bytes, false))
    if (slot >= 0) return slot
    add(bytes, isToldApart)
    return ~slot
  }

  const seen = (number: number, bytes: Buffer): void => {
    const cause = list[number] as Cause
    const time = readTime(bytes, starts[timeSlot] as number, ends[timeSlot] as number)
    if (!(time >= cause.firstSeen)) cause.firstSeen = Number.isNaN(time) ? cause.firstSeen : time
    if (!(time <= cause.lastSeen)) cause.lastSeen = Number.isNaN(time) ? cause.lastSeen : time
  }

  return {
    list,
    seen,
    find,
    forgetTimes(number) {
      Object.assign(list[number] as Cause, { firstSeen: Number.NaN, lastSeen: Number.NaN })
    },
    choose(number, bytes) {
      Object.assign(list[number] as Cause, readSample(reader, bytes))
    },
  }
}

const keyFields = ['kind', 'command', 'stageName', 'status'] as const
const maxText = 250
const folded = 0x23

/** `Line 12 of 7` becomes `Line # of #`. */
export const foldDigits = (text: string): string => text.replaceAll(/\d+/g, '#')

const readWords = (reader: DeadLetterReader): string | undefined => {
  const words = findLastWords(reader.text('stderr'), reader.text('output'))
  return words === undefined ? undefined : foldDigits(words)
}

const isText = (bytes: Buffer, start: number, end: number): boolean =>
  start !== -1 && bytes[start] === quote && end - start > 2

/** Where the last line of a JSON text that is not empty begins, at most so far from its end as is looked at; -1: there is none. */
const findLastLine = (bytes: Buffer, start: number, end: number): number => {
  if (!isText(bytes, start, end)) return -1
  let last = end - 1
  while (last > start + 2 && isNewline(bytes, start, last - 1)) last -= 2
  let at = last
  while (at > start + 1 && last - at < maxText && !isNewline(bytes, start, at - 1)) at--
  return at
}

/** Whether an escaped newline or carriage return ends at this byte. */
const isNewline = (bytes: Buffer, start: number, at: number): boolean => {
  if ((bytes[at] !== 0x6e && bytes[at] !== 0x72) || at - 1 <= start) return false
  let backslashes = 0
  while (at - 1 - backslashes > start && bytes[at - 1 - backslashes] === 0x5c) backslashes++
  return backslashes % 2 === 1
}

const quote = 0x22

const readSample = (reader: DeadLetterReader, bytes: Buffer): Pick<Cause, 'sample' | 'record'> => ({
  sample: reader.entryBytes.toString('latin1', reader.entryStart, reader.entryEnd),
  record: readBeginning(reader, bytes),
})

const readBeginning = (reader: DeadLetterReader, bytes: Buffer): string => {
  const field = reader.start('record') !== -1 ? 'record' : reader.start('raw') !== -1 ? 'raw' : 'base64'
  const start = reader.start(field)
  return bytes.toString('utf8', start, Math.min(reader.end(field), start + sampleLength))
}

const sampleLength = 200

/** Reads times in milliseconds; neighbours mostly failed in the same minute, which is read once. */
const createTimeReader = () => {
  const last = Buffer.alloc(minuteLength)
  const lastView = viewOf(last)
  let minute = Number.NaN
  return (bytes: Buffer, start: number, end: number): number => {
    if (start === -1) return Number.NaN
    // "2026-11-23T10:00:01.234Z" with its quotes; anything else takes the long way.
    if (end - start !== 26 || bytes[end - 2] !== 0x5a) return Date.parse(bytes.toString('latin1', start + 1, end - 1))
    const view = viewOf(bytes)
    if (
      view.getInt32(start + 13) !== lastView.getInt32(12) ||
      view.getInt32(start + 9) !== lastView.getInt32(8) ||
      view.getInt32(start + 5) !== lastView.getInt32(4) ||
      view.getInt32(start + 1) !== lastView.getInt32(0) ||
      bytes[start + minuteLength] !== last[minuteLength - 1]
    ) {
      last.set(bytes.subarray(start + 1, start + 1 + minuteLength))
      minute = Date.parse(`${bytes.toString('latin1', start + 1, start + minuteLength)}Z`)
    }
    const digit = (at: number) => (bytes[start + 1 + at] as number) - 0x30
    const seconds = 10 * digit(17) + digit(18)
    return minute + 1000 * seconds + 100 * digit(20) + 10 * digit(21) + digit(22)
  }
}

// `2026-11-23T10:00:`
const minuteLength = 17
