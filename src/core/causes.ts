import type { DeadLetterReader, Field } from './dead-letter.js'
import { createEntryTable } from './entry-table.js'
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
  find(reader: DeadLetterReader, bytes: Buffer): number
  readonly list: readonly Cause[]
} => {
  const table = createEntryTable()
  const list: Cause[] = []
  const key = Buffer.alloc(1024)
  const readTime = createTimeReader()

  const writeKey = (reader: DeadLetterReader, bytes: Buffer, withMessage: boolean): number => {
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

  const add = (reader: DeadLetterReader, bytes: Buffer, withMessage: boolean): number => {
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

const readBeginning = (reader: DeadLetterReader, bytes: Buffer): string => {
  const field = reader.start('record') !== -1 ? 'record' : reader.start('raw') !== -1 ? 'raw' : 'base64'
  const start = reader.start(field)
  return bytes.toString('utf8', start, Math.min(reader.end(field), start + sampleLength))
}

const sampleLength = 200

/** Reads times in milliseconds; neighbours that failed in the same millisecond are read once. */
const createTimeReader = () => {
  const last = Buffer.alloc(26)
  let length = -1
  let time = Number.NaN
  return (bytes: Buffer, start: number, end: number): number => {
    if (start === -1 || end - start > last.length) return Number.NaN
    let same = end - start === length
    for (let at = 0; same && at < length; at++) same = last[at] === bytes[start + at]
    if (same) return time
    length = bytes.copy(last, 0, start, end)
    time = Date.parse(bytes.toString('latin1', start + 1, end - 1))
    return time
  }
}
