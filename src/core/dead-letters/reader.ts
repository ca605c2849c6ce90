import type { Test } from '../expressions/tree.js'
import type { Path } from '../json/path.js'
import { readString } from '../json/read-string.js'
import { createAlikeScanner } from '../json/scan-alike.js'
import { startsWith, viewOf } from '../json/view-of.js'
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
  stderr: ['error', 'stderr'],
  output: ['error', 'output'],
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
  /** By the slot of a field: where it is in the entry just read; the start is -1 when it is missing. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** The slot of a field: who asks for every entry asks for this once. */
  slot(field: Field): number
  /** Where a field of the entry just read is; -1 when it is missing. */
  start(field: Field): number
  end(field: Field): number
  /** The field's text; undefined when it is missing or no string. */
  text(field: Field): string | undefined
  /** Whether a condition on the record, over the paths inside it, is true. */
  fits(condition: Test): boolean
  /** The record's line, newline included; undefined when what is kept is no whole line (`too_long`, or something forged). */
  record(): Buffer | undefined
  /** Where in its line the record begins that `cutRecord` can cut out without reading the line again; 0 when it cannot. */
  recordPlace(): number
}

/** The record's line of an entry, newline included, by the `recordPlace` of its line; undefined when it is not there. */
export const cutRecord = (bytes: Buffer, place: number): Buffer | undefined => {
  const end = bytes.length - ending.length
  if (!hasBytes(bytes, place - beforeRecord.length, beforeRecord) || !hasBytes(bytes, end, ending)) return undefined
  const record = Buffer.from(bytes.subarray(place, end + 1))
  record[record.length - 1] = 0x0a
  return record
}

/** The name of an entry whose line has been read before. */
export const findEntryName = (bytes: Buffer): string => {
  const start = appended.byteLength
  const end = startsWith(viewOf(bytes), 0, appended) ? findNameEnd(bytes, start) : -1
  return end === -1 ? nameByHash(bytes.subarray(0, -1)).toString('latin1') : bytes.toString('latin1', start, end)
}

/** A reader for these fields, and for these paths inside the record. */
export const createDeadLetterReader = (
  fields: readonly Field[] = [],
  where: readonly Path[] = [],
): DeadLetterReader => {
  const wanted = [...new Set([...needed, ...fields])]
  const scanner = createAlikeScanner([
    ...wanted.map(field => ({ text: field, segments: paths[field] })),
    ...where.map(({ text, segments }) => ({ text, segments: ['record', ...segments] })),
  ])
  const slots = new Map(wanted.map((field, index) => [field, index]))
  let line: Buffer = Buffer.alloc(0)
  let lineStart = 0
  let lineEnd = 0

  const { starts, ends } = scanner
  const slotOf = (field: Field): number => slots.get(field) ?? -1
  const startOf = (field: Field): number => starts[slotOf(field)] ?? -1
  const endOf = (field: Field): number => ends[slotOf(field)] ?? -1
  const textOf = (field: Field) => (startOf(field) === -1 ? undefined : readString(line, startOf(field), endOf(field)))
  const [kindAt, recordAt, rawAt, base64At] = needed.map(slotOf) as [number, number, number, number]

  const name = (bytes: Buffer, start: number, end: number, isAppended: boolean): void => {
    const nameStart = start + appended.byteLength
    const nameEnd = isAppended ? findNameEnd(bytes, nameStart) : -1
    const hash = nameEnd === -1 ? nameByHash(bytes.subarray(start, end - 1)) : undefined
    reader.entryBytes = hash ?? bytes
    reader.entryStart = hash === undefined ? nameStart : 0
    reader.entryEnd = hash?.length ?? nameEnd
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
    entryBytes: line,
    entryStart: 0,
    entryEnd: 0,
    read(bytes: Buffer, start: number, end: number): boolean {
      line = bytes
      lineStart = start
      lineEnd = end
      const isAppended = startsWith(viewOf(bytes), start, appended)
      if (!isAppended && findVersionEnd(bytes, start, end) === -1) return false
      if (!scanner.scan(bytes, start, end)) return false
      const kind = starts[kindAt] as number
      if (kind === -1 || bytes[kind] !== 0x22) return false
      if (starts[recordAt] === -1 && starts[rawAt] === -1 && starts[base64At] === -1) return false
      name(bytes, start, end, isAppended)
      return true
    },
    starts,
    ends,
    slot: slotOf,
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
    recordPlace() {
      const start = scanner.starts[recordAt] as number
      const isCuttable =
        start !== -1 &&
        scanner.ends[recordAt] === lineEnd - ending.length &&
        hasBytes(line, start - beforeRecord.length, beforeRecord) &&
        textOf('kind') !== 'too_long'
      return isCuttable ? start - lineStart : 0
    },
  }
  return reader
}

const newline = Buffer.from('\n')
const beforeRecord = Buffer.from('"record":')
const ending = Buffer.from('}\n')
const appended = viewOf(Buffer.from('{"$streamz":"error/1","entry":"'))

const hasBytes = (bytes: Buffer, at: number, word: Buffer): boolean =>
  at >= 0 && bytes.subarray(at, at + word.length).equals(word)

/** Where the quote after a name is; -1 when it is none that an append gives. */
const findNameEnd = (bytes: Buffer, start: number): number => {
  let at = start
  while (inNames[bytes[at] as number] === 1) at++
  return bytes[at] === 0x22 && at > start && at - start <= 64 ? at : -1
}

const inNames = Uint8Array.from({ length: 256 }, (_, byte) => (/[\w-]/.test(String.fromCharCode(byte)) ? 1 : 0))

/** The same line has the same name, also after the lines around it have gone. */
const nameByHash = (line: Buffer): Buffer =>
  Buffer.from(
    process.getBuiltinModule('node:crypto').createHash('sha256').update(line).digest('base64url').slice(0, 16),
    'latin1',
  )
