import { createDeadLetterReader, type DeadLetterReader, type Field } from './dead-letter.js'
import { createScanner } from './scan.js'

/** What can be read from a dead-letter line for finding its cause. */
export type CauseReader = Pick<
  DeadLetterReader,
  'read' | 'entryBytes' | 'entryStart' | 'entryEnd' | 'start' | 'end' | 'text'
>

/**
 * Reads lines that are laid out exactly as this program appends them, by going from one known place to the next; all other
 * lines are left to the thorough reader. What is skipped lies between the error's status and the record: a line that was
 * cut there and glued to another one holds a second beginning, and then it is not read in this way. Lines with NUL bytes,
 * which a power loss leaves, must not be given to it.
 */
export const createQuickReader = (fields: readonly Field[]): CauseReader => {
  const thorough = createDeadLetterReader(fields)
  const scanner = createScanner()
  const starts = new Int32Array(steps.length + 1)
  const ends = new Int32Array(steps.length + 1)
  let line: Buffer = Buffer.alloc(0)
  let isQuick = false

  const readQuickly = (bytes: Buffer, start: number, end: number): boolean => {
    if (!isHere(bytes, start, beginning)) return false
    let at = start + beginning.length
    for (let index = 0; index < steps.length; index++) {
      const { skip, before } = steps[index] as Step
      if (index > 0) {
        if (!isHere(bytes, at, before)) return false
        at += before.length
      }
      starts[index] = at
      at = skip(bytes, at)
      if (at < 0 || at >= end) return false
      ends[index] = at
    }
    const record = bytes.indexOf(recordKey, at)
    if (record === -1 || record >= end) return false
    const next = bytes.indexOf(anyBeginning, start + 1)
    if (next !== -1 && next < end) return false
    const value = record + recordKey.length
    starts[recordPlace] = value
    ends[recordPlace] = end - 2
    // The scan ends at the bracket that closes the whole line, where a value alone would have ended.
    return !scanner.scan(bytes, value, end) && scanner.errorOffset === end - 2 - value && bytes[end - 2] === 0x7d
  }

  const reader = {
    entryBytes: line,
    entryStart: 0,
    entryEnd: 0,
    read(bytes: Buffer, start: number, end: number): boolean {
      isQuick = readQuickly(bytes, start, end)
      if (isQuick) {
        line = bytes
        reader.entryBytes = bytes
        reader.entryStart = start + beginning.length
        reader.entryEnd = (ends[0] as number) - 1
        return true
      }
      if (!thorough.read(bytes, start, end)) return false
      reader.entryBytes = thorough.entryBytes
      reader.entryStart = thorough.entryStart
      reader.entryEnd = thorough.entryEnd
      return true
    },
    start(field: Field) {
      const place = isQuick ? findPlace(field) : -1
      return place === -1 ? thorough.start(field) : (starts[place] as number)
    },
    end(field: Field) {
      const place = isQuick ? findPlace(field) : -1
      return place === -1 ? thorough.end(field) : (ends[place] as number)
    },
    text(field: Field) {
      const place = isQuick ? findPlace(field) : -1
      if (place === -1) return thorough.text(field)
      const [start, end] = [starts[place] as number, ends[place] as number]
      return line[start] === 0x22 ? line.toString('latin1', start + 1, end - 1) : undefined
    },
  }
  return reader
}

const beginning = Buffer.from('{"$streamz":"error/1","entry":"')
const anyBeginning = Buffer.from('{"$streamz"')
const recordKey = Buffer.from(',"record":')

/** Gives the offset after a value, or -1 when it is not a plain one. */
type Skip = (bytes: Buffer, at: number) => number
type Step = { readonly field: Field | undefined; readonly before: Buffer; readonly skip: Skip }

// Control characters, escapes and what is not ASCII are left to the thorough reader.
const skipText: Skip = (bytes, start) => {
  for (let at = start; ; at++) {
    const byte = bytes[at] as number
    if (byte === 0x22) return at + 1
    if (!(byte >= 0x20 && byte < 0x7f) || byte === 0x5c) return -1
  }
}

const skipName: Skip = (bytes, start) => {
  const end = skipText(bytes, start)
  return end - start > 1 && end - start <= 65 ? end : -1
}

const skipString: Skip = (bytes, start) => (bytes[start] === 0x22 ? skipText(bytes, start + 1) : -1)

const skipCount: Skip = (bytes, start) => {
  let at = start
  while ((bytes[at] as number) >= 0x30 && (bytes[at] as number) <= 0x39) at++
  // A zero in front would be no JSON.
  return at === start || (bytes[start] === 0x30 && at > start + 1) ? -1 : at
}

const nothing = Buffer.from('null')
const orNull =
  (skip: Skip): Skip =>
  (bytes, start) =>
    isHere(bytes, start, nothing) ? start + nothing.length : skip(bytes, start)

const isHere = (bytes: Buffer, at: number, word: Buffer): boolean => {
  for (let index = 0; index < word.length; index++) if (bytes[at + index] !== word[index]) return false
  return true
}

const step = (before: string, skip: Skip, field?: Field): Step => ({ before: Buffer.from(before), skip, field })

// As `createEnvelope` writes it.
const steps: readonly Step[] = [
  step('', skipName, 'entry'),
  step(',"id":', skipString, 'id'),
  step(',"line":', skipCount, 'line'),
  step(',"file":', orNull(skipString), 'file'),
  step(',"time":', skipString, 'time'),
  step(',"stage":{"command":', skipString, 'command'),
  step(',"name":', orNull(skipString), 'stageName'),
  step(',"host":', skipString),
  step(',"pid":', skipCount),
  step('},"error":{"kind":', skipString, 'kind'),
  step(',"class":', skipString, 'class'),
  step(',"message":', skipString, 'message'),
  step(',"status":', orNull(skipCount), 'status'),
]
const recordPlace = steps.length

const places: Partial<Record<Field, number>> = Object.fromEntries([
  ...steps.flatMap(({ field }, index) => (field === undefined ? [] : [[field, index]])),
  ['record', recordPlace],
])
const findPlace = (field: Field): number => places[field] ?? -1
