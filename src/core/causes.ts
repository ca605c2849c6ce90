import type { Field } from './dead-letter.js'
import { createEntryTable } from './entry-table.js'
import type { CauseReader } from './quick-dead-letter.js'
import { readNumber } from './read-number.js'

/** What finding the cause of a failure looks at. */
export const causeFields: readonly Field[] = ['command', 'stageName', 'status', 'message', 'time']

/** Failures with the same kind, stage, status and message, runs of digits being the same. */
export type Cause = {
  readonly kind: string
  readonly stage: string | undefined
  readonly status: number | undefined
  /** The message of the first, digits replaced by `#`; undefined when there are too many different messages to tell apart. */
  readonly message: string | undefined
  /** The entry of the first, and the beginning of its record. */
  readonly sample: string
  readonly record: string
  /** Wall clock; NaN when no time is given. */
  firstSeen: number
  lastSeen: number
}

/** So many causes are told apart; further messages are taken together, which keeps memory flat. */
export const mostCauses = 1000

/** Finds the cause of each failure; nothing is built for one that was seen before. */
export const createCauses = (): {
  /** The number of the cause of the entry just read. */
  find(reader: CauseReader, bytes: Buffer): number
  readonly list: readonly Cause[]
} => {
  const table = createEntryTable()
  const list: Cause[] = []
  const key = Buffer.alloc(1024)
  const readTime = createTimeReader()

  const writeKey = (reader: CauseReader, bytes: Buffer, withMessage: boolean): number => {
    let length = 0
    for (const field of keyFields) {
      key[length++] = 0
      if (field === 'message' && !withMessage) continue
      const end = Math.min(reader.end(field), reader.start(field) + 250)
      for (let at = reader.start(field); at >= 0 && at < end; at++) {
        const byte = bytes[at] as number
        const isDigit = byte >= 0x30 && byte <= 0x39
        if (!isDigit || field !== 'message') key[length++] = byte
        else if (key[length - 1] !== folded) key[length++] = folded
      }
    }
    return length
  }

  const add = (reader: CauseReader, bytes: Buffer, withMessage: boolean): number => {
    const status = reader.start('status')
    list.push({
      kind: reader.text('kind') ?? '',
      stage: reader.text('stageName') ?? reader.text('command'),
      status: status === -1 ? undefined : readNumber(bytes, status, reader.end('status')),
      message: withMessage ? foldDigits(reader.text('message') ?? '') : undefined,
      sample: reader.entryBytes.toString('latin1', reader.entryStart, reader.entryEnd),
      record: readBeginning(reader, bytes),
      firstSeen: Number.NaN,
      lastSeen: Number.NaN,
    })
    return list.length - 1
  }

  return {
    list,
    find(reader, bytes) {
      let place = table.place(key, 0, writeKey(reader, bytes, true))
      let found = table.value(place)
      if (found === -1 && list.length >= mostCauses) {
        place = table.place(key, 0, writeKey(reader, bytes, false))
        found = table.value(place)
        if (found === -1) found = add(reader, bytes, false)
      } else if (found === -1) found = add(reader, bytes, true)
      table.setValue(place, found)
      const cause = list[found] as Cause
      const time = readTime(bytes, reader.start('time'), reader.end('time'))
      if (!(time >= cause.firstSeen)) cause.firstSeen = Number.isNaN(time) ? cause.firstSeen : time
      if (!(time <= cause.lastSeen)) cause.lastSeen = Number.isNaN(time) ? cause.lastSeen : time
      return found
    },
  }
}

const keyFields = ['kind', 'command', 'stageName', 'status', 'message'] as const
const folded = 0x23

/** `Line 12 of 7` becomes `Line # of #`. */
export const foldDigits = (text: string): string => text.replaceAll(/\d+/g, '#')

const readBeginning = (reader: CauseReader, bytes: Buffer): string => {
  const field = reader.start('record') !== -1 ? 'record' : reader.start('raw') !== -1 ? 'raw' : 'base64'
  const start = reader.start(field)
  return bytes.toString('utf8', start, Math.min(reader.end(field), start + sampleLength))
}

const sampleLength = 200

/** Reads times in milliseconds; neighbours mostly failed in the same minute, which is read once. */
const createTimeReader = () => {
  const last = new Uint8Array(minuteLength)
  let minute = Number.NaN
  return (bytes: Buffer, start: number, end: number): number => {
    if (start === -1) return Number.NaN
    // "2026-11-23T10:00:01.234Z" with its quotes; anything else takes the long way.
    if (end - start !== 26 || bytes[end - 2] !== 0x5a) return Date.parse(bytes.toString('latin1', start + 1, end - 1))
    let same = true
    for (let at = minuteLength - 1; same && at >= 0; at--) same = last[at] === bytes[start + 1 + at]
    if (!same) {
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
