import type { Test } from '../expressions/tree.js'
import type { Path } from '../json/path.js'
import { readString } from '../json/read-string.js'
import { createScanner } from '../json/scan.js'
import { findVersionEnd } from './version.js'

const paths = {
  kind: ['error', 'kind'],
  record: ['record'],
  raw: ['raw'],
  base64: ['raw_base64'],
  id: ['id'],
  line: ['line'],
  file: ['file'],
  time: ['time'],
  stage: ['stage'],
  command: ['stage', 'command'],
  stageName: ['stage', 'name'],
  error: ['error'],
  class: ['error', 'class'],
  message: ['error', 'message'],
  status: ['error', 'status'],
  attempts: ['attempts'],
  replays: ['replays'],
  firstFailedAt: ['first_failed_at'],
  firstError: ['first_error'],
  duration: ['duration_ms'],
  breaker: ['breaker'],
  rawInput: ['raw_input'],
} as const satisfies Record<string, readonly string[]>

/** What a failure record holds, by the names used here. */
export type Field = keyof typeof paths

// Without these nothing can be done with an entry.
const needed: readonly Field[] = ['kind', 'record', 'raw', 'base64']

/**
 * Reads failure records by the byte ranges of their fields: nothing of a record is ever built anew, so that it comes back
 * byte for byte.
 */
export type DeadLetterReader = {
  /**
   * Looks at a line that begins as a failure record does; false when it is damaged or of another version. The line must end
   * in a newline.
   */
  read(bytes: Buffer, start: number, end: number): boolean
  /**
   * The name of the entry just read: bytes and where in them. Only the name that an append has put in front counts; a record
   * that was never appended is named by a hash of its line, whatever else it says.
   */
  readonly entryBytes: Buffer
  readonly entryStart: number
  readonly entryEnd: number
  /** Where a field of the entry just read is; -1 when it is missing. */
  start(field: Field): number
  end(field: Field): number
  /** The field's text; undefined when it is missing or no string. */
  text(field: Field): string | undefined
  /** Whether a condition on the record, over the paths inside it, is true. */
  fits(condition: Test): boolean
  /** The record's line, newline included; undefined when what is kept is no whole line (`too_long`, or something forged). */
  record(): Buffer | undefined
}

/** A reader for these fields, and for these paths inside the record. */
export const createDeadLetterReader = (
  fields: readonly Field[] = [],
  where: readonly Path[] = [],
): DeadLetterReader => {
  const wanted = [...new Set([...needed, ...fields])]
  const scanner = createScanner([
    ...wanted.map(field => ({ text: field, segments: paths[field] })),
    ...where.map(({ text, segments }) => ({ text, segments: ['record', ...segments] })),
  ])
  const slots = new Map(wanted.map((field, index) => [field, index]))
  let line: Buffer = Buffer.alloc(0)

  const startOf = (field: Field): number => scanner.starts[slots.get(field) ?? -1] ?? -1
  const endOf = (field: Field): number => scanner.ends[slots.get(field) ?? -1] ?? -1
  const textOf = (field: Field) => (startOf(field) === -1 ? undefined : readString(line, startOf(field), endOf(field)))
  const [kindAt, recordAt, rawAt, base64At] = needed.map(field => slots.get(field) ?? -1) as [
    number,
    number,
    number,
    number,
  ]

  const name = (bytes: Buffer, start: number, end: number): void => {
    if (startsWith(bytes, start, appended)) {
      reader.entryBytes = bytes
      reader.entryStart = start + appended.length
      reader.entryEnd = bytes.indexOf(0x22, reader.entryStart)
      if (isName(bytes, reader.entryStart, reader.entryEnd)) return
    }
    reader.entryBytes = nameByHash(bytes.subarray(start, end - 1))
    reader.entryStart = 0
    reader.entryEnd = reader.entryBytes.length
  }

  const decode = (): Buffer | undefined => {
    const start = startOf('record')
    if (start !== -1) return Buffer.concat([line.subarray(start, endOf('record')), newline])
    const raw = textOf('raw')
    if (raw !== undefined) return Buffer.from(`${raw}\n`)
    const base64 = textOf('base64')
    return base64 === undefined ? undefined : Buffer.concat([Buffer.from(base64, 'base64'), newline])
  }

  const reader = {
    entryBytes: line as Buffer,
    entryStart: 0,
    entryEnd: 0,
    read(bytes: Buffer, start: number, end: number): boolean {
      line = bytes
      if (findVersionEnd(bytes, start, end) === -1 || !scanner.scan(bytes, start, end)) return false
      const kind = scanner.starts[kindAt] as number
      if (kind === -1 || bytes[kind] !== 0x22) return false
      if (scanner.starts[recordAt] === -1 && scanner.starts[rawAt] === -1 && scanner.starts[base64At] === -1)
        return false
      name(bytes, start, end)
      return true
    },
    start: startOf,
    end: endOf,
    text: textOf,
    fits: (condition: Test) => condition(line, scanner.starts, scanner.ends, wanted.length),
    record() {
      if (textOf('kind') === 'too_long') return undefined
      const decoded = decode()
      // More than one newline: it would come back as several records.
      return decoded === undefined || decoded.indexOf(10) !== decoded.length - 1 ? undefined : decoded
    },
  }
  return reader
}

const newline = Buffer.from('\n')
const appended = Buffer.from('{"$streamz":"error/1","entry":"')

const startsWith = (bytes: Buffer, at: number, word: Buffer): boolean => {
  for (let index = 0; index < word.length; index++) if (bytes[at + index] !== word[index]) return false
  return true
}

const isName = (bytes: Buffer, start: number, end: number): boolean => {
  if (end <= start || end - start > 64) return false
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number
    const isLetter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a
    if (!isLetter && !(byte >= 0x30 && byte <= 0x39) && byte !== 0x2d && byte !== 0x5f) return false
  }
  return true
}

/** The same line has the same name, also after the lines around it have gone. */
const nameByHash = (line: Buffer): Buffer =>
  Buffer.from(
    process.getBuiltinModule('node:crypto').createHash('sha256').update(line).digest('base64url').slice(0, 16),
    'latin1',
  )
