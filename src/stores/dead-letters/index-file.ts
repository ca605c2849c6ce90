import { createDeadLetterReader, type DeadLetterReader, type Field } from '../../core/dead-letters/reader.js'
import { isOtherVersion } from '../../core/dead-letters/version.js'
import { isFailureLine } from '../../core/io/split.js'
import type { Path } from '../../core/json/path.js'
import type { Lines } from '../../core/lines.js'
import { createEntryTable, type EntryTable } from '../../core/tables/entry-table.js'
import { createNumberList } from '../../core/tables/number-list.js'
import type { DeadLetterFile } from './file.js'
import { type JournalLine, outcomes, readJournal } from './journal.js'

/** The outcome of an entry. */
export type EntryState = 'waiting' | 'parked' | 'done'

/** Lines of a dead-letter file that are no entries. */
export type EntryMarks = {
  /** Begin as failure records but are cut or hold no record, or have lost their beginning; lines of the journal that make no sense. */
  readonly damaged: number
  /** Are no failure records at all. */
  readonly foreign: number
  /** Are failure records of another version: they stay as they are. */
  readonly other: number
}

/** The current line of each entry of a dead-letter file, and the outcome of the entry. */
export type DeadLetterIndex = EntryMarks & {
  /** Number of the last line, from 1. */
  readonly lastLine: number
  readonly counts: Readonly<Record<EntryState, number>>
  /** The state of an entry, by the line that counts for it; a failure record that cannot be read is `unreadable`. */
  stateAt(number: number): EntryState | 'unreadable' | undefined
  /** The mark of that line. */
  markAt(number: number): number
  /** Where the record begins in that line, for `cutRecord`; 0 for a line without a mark. */
  recordAt(number: number): number
  /** How many replays of that entry the journal has charged. */
  chargedAt(number: number): number
}

/** Puts a mark on each entry while it is read: a number from 0 to 255. */
export type Marking = {
  readonly fields: readonly Field[]
  readonly where: readonly Path[]
  readonly mark: (reader: DeadLetterReader, bytes: Buffer, number: number) => number
}

/** Reads a dead-letter file and its journal. */
export const indexDeadLetters = async (file: DeadLetterFile, marking?: Marking): Promise<DeadLetterIndex> => {
  const table = createEntryTable()
  const reader = createDeadLetterReader(marking?.fields, marking?.where)
  let lastLine = 0
  let byLine = new Uint8Array(1024)
  const records = createNumberList()
  let marks = new Uint8Array(marking === undefined ? 0 : 1024)
  const makeRoom = (): void => {
    if (lastLine < byLine.length) return
    byLine = double(byLine, lastLine)
    if (marking !== undefined) marks = double(marks, lastLine)
  }
  const found = await countLines(file, {
    failures(lines) {
      let damaged = 0
      lastLine = lines.number + lines.length - 1
      makeRoom()
      for (let index = 0; index < lines.length; index++) {
        const number = lines.number + index
        if (reader.read(lines.bytes, lines.start(index), lines.end(index))) {
          table.setValue(table.place(reader.entryBytes, reader.entryStart, reader.entryEnd), number)
          if (marking === undefined) continue
          const mark = marking.mark(reader, lines.bytes, number)
          marks[number] = mark
          if (mark > 0) records.set(number, reader.recordPlace())
        } else {
          byLine[number] = unreadable
          damaged++
        }
      }
      return damaged
    },
  })
  const damagedJournal = await readJournal(file.path, line => noteOutcome(table, line))
  const counts = { waiting: 0, parked: 0, done: 0 }
  const charged = new Map<number, number>()
  table.each((number, state, count) => {
    counts[states[state] ?? 'waiting']++
    byLine[number] = state + 1
    if (count > 0) charged.set(number, count)
  })
  return {
    lastLine,
    damaged: found.damaged + damagedJournal,
    foreign: found.foreign,
    other: found.other,
    counts,
    stateAt(number) {
      const state = byLine[number] ?? 0
      return state === unreadable ? 'unreadable' : states[state - 1]
    },
    markAt: number => marks[number] ?? 0,
    recordAt: records.at,
    chargedAt: number => charged.get(number) ?? 0,
  }
}

const unreadable = 255

const double = (numbers: Uint8Array<ArrayBuffer>, needed: number): Uint8Array<ArrayBuffer> => {
  const larger = new Uint8Array(2 * Math.max(numbers.length, needed))
  larger.set(numbers)
  return larger
}

/** The outcome of an entry, as the table keeps it: the last line of the journal counts. */
export const noteOutcome = (table: EntryTable, { bytes, start, end, outcome, replays }: JournalLine): void => {
  const place = table.find(bytes, start, end)
  if (place === -1) return
  table.setState(place, outcomes.indexOf(outcome))
  table.setCount(place, outcome === 'charged' ? Math.max(0, Math.floor(replays)) : 0)
}

/** By the numbers of the table. */
export const states: readonly EntryState[] = ['waiting', 'done', 'parked', 'done', 'waiting']

/** Walks a file, counting what is no whole failure record; `failures` gives how many cannot be read. Without `next` lines hold only until it returns. */
export const countLines = async (
  file: DeadLetterFile,
  take: { failures(lines: Lines): number; next?: () => void | Promise<void> },
): Promise<EntryMarks> => {
  let unread = 0
  let other = 0
  let damaged = 0
  let foreign = 0
  await file.walk(
    {
      failures(lines) {
        const found = take.failures(lines)
        if (found === 0) return
        unread += found
        for (let index = 0; index < lines.length; index++) {
          if (isOtherVersion(lines.bytes, lines.start(index), lines.end(index))) other++
        }
      },
      records(lines) {
        for (const { bytes } of lines) {
          if (isSpoilt(bytes)) damaged++
          else foreign++
        }
      },
      blank() {},
      tooLong({ head }) {
        if (isFailureLine(head, 0, head.length) || isSpoilt(head)) damaged++
        else foreign++
      },
    },
    take.next,
    take.next === undefined,
  )
  return { damaged: damaged + Math.max(0, unread - other), foreign, other }
}

/** A failure record that has lost its beginning, or that something else stands in front of, is not foreign but spoilt. No text holds a NUL. */
const isSpoilt = (bytes: Buffer): boolean => bytes.includes(0) || signs.some(sign => bytes.includes(sign))

const signs = ['"$streamz":"error/', '"error":{"kind":"', '"first_error":{"kind":"', '"first_failed_at":"'].map(sign =>
  Buffer.from(sign),
)
