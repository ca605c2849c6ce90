import { readNumber } from '../json/read-number.js'
import { viewOf } from '../json/view-of.js'
import type { DeadLetterReader, Field } from './reader.js'

/** What finding the cause of a failure looks at. */
export const causeFields: readonly Field[] = ['command', 'stageName', 'status', 'message', 'time']

/** Failures with the same kind, stage, status and message, runs of digits being the same. */
export type Cause = {
  readonly kind: string
  readonly stage: string | undefined
  readonly status: number | undefined
  /** The message of the first, digits replaced by `#`; undefined when there are too many different messages to tell apart. */
  readonly message: string | undefined
  /** The entry of the first unless another is chosen, and the beginning of its record. */
  sample: string
  record: string
  /** Wall clock; NaN when no time is given. */
  firstSeen: number
  lastSeen: number
}

/** So many causes are told apart; further messages are taken together, which keeps memory flat. */
export const maxCauses = 1000

/** Finds the cause of each failure; nothing is built for one that was seen before. */
export const createCauses = (): {
  /** The number of the cause of the entry just read. */
  find(reader: DeadLetterReader, bytes: Buffer): number
  /** One of a cause failed at the time in this range. */
  seen(number: number, bytes: Buffer, timeStart: number, timeEnd: number): void
  /** Its times are told anew. */
  forgetTimes(number: number): void
  /** The entry just read stands for this cause. */
  choose(number: number, reader: DeadLetterReader, bytes: Buffer): void
  readonly list: readonly Cause[]
} => {
  const list: Cause[] = []
  // By the hash of their key, which is then compared.
  const known = new Map<number, { readonly key: Buffer; readonly number: number }[]>()
  const key = Buffer.alloc(2048)
  const readTime = createTimeReader()
  let length = 0
  let hash = 0

  const put = (byte: number): void => {
    key[length++] = byte
    hash = Math.imul(hash ^ byte, 0x01000193)
  }

  const writeKey = (reader: DeadLetterReader, bytes: Buffer, withMessage: boolean): void => {
    length = 0
    hash = 0x811c9dc5
    for (const field of keyFields) {
      put(0)
      const start = reader.start(field)
      if (start !== -1) writeText(bytes, start, Math.min(reader.end(field), start + maxText))
    }
    put(0)
    if (withMessage) writeFolded(reader, bytes)
  }

  const writeText = (bytes: Buffer, start: number, end: number): void => {
    for (let at = start; at < end; at++) put(bytes[at] as number)
  }

  const writeFolded = (reader: DeadLetterReader, bytes: Buffer): void => {
    const start = reader.start('message')
    const end = Math.min(reader.end('message'), start + maxText)
    for (let at = Math.max(0, start); at < end; at++) {
      const byte = bytes[at] as number
      if (byte < 0x30 || byte > 0x39) put(byte)
      else if (key[length - 1] !== folded) put(folded)
    }
  }

  const isSame = (other: Buffer): boolean => {
    if (other.length !== length) return false
    for (let at = 0; at < length; at++) if (other[at] !== key[at]) return false
    return true
  }

  const lookUp = (): number | undefined => {
    const same = known.get(hash)
    if (same === undefined) return undefined
    for (const one of same) {
      if (isSame(one.key)) return one.number
    }
    return undefined
  }

  const add = (reader: DeadLetterReader, bytes: Buffer, withMessage: boolean): number => {
    const status = reader.start('status')
    list.push({
      kind: reader.text('kind') ?? '',
      stage: reader.text('stageName') ?? reader.text('command'),
      status: status === -1 ? undefined : readNumber(bytes, status, reader.end('status')),
      message: withMessage ? foldDigits(reader.text('message') ?? '') : undefined,
      ...readSample(reader, bytes),
      firstSeen: Number.NaN,
      lastSeen: Number.NaN,
    })
    const number = list.length - 1
    known.set(hash, [...(known.get(hash) ?? []), { key: Buffer.from(key.subarray(0, length)), number }])
    return number
  }

  const findOrAdd = (reader: DeadLetterReader, bytes: Buffer): number => {
    writeKey(reader, bytes, true)
    const found = lookUp()
    if (found !== undefined) return found
    if (list.length < maxCauses) return add(reader, bytes, true)
    writeKey(reader, bytes, false)
    return lookUp() ?? add(reader, bytes, false)
  }

  const seen = (number: number, bytes: Buffer, timeStart: number, timeEnd: number): void => {
    const cause = list[number] as Cause
    const time = readTime(bytes, timeStart, timeEnd)
    if (!(time >= cause.firstSeen)) cause.firstSeen = Number.isNaN(time) ? cause.firstSeen : time
    if (!(time <= cause.lastSeen)) cause.lastSeen = Number.isNaN(time) ? cause.lastSeen : time
  }

  return {
    list,
    seen,
    find: findOrAdd,
    forgetTimes(number) {
      Object.assign(list[number] as Cause, { firstSeen: Number.NaN, lastSeen: Number.NaN })
    },
    choose(number, reader, bytes) {
      Object.assign(list[number] as Cause, readSample(reader, bytes))
    },
  }
}

const keyFields = ['kind', 'command', 'stageName', 'status'] as const
const maxText = 250
const folded = 0x23

/** `Line 12 of 7` becomes `Line # of #`. */
export const foldDigits = (text: string): string => text.replaceAll(/\d+/g, '#')

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
