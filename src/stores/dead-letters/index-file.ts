import { createDeadLetterReader } from '../../core/dead-letters/reader.js'
import { isFailureLine } from '../../core/io/split.js'
import type { Lines } from '../../core/lines.js'
import { createEntryTable, type EntryTable } from '../../core/tables/entry-table.js'
import type { DeadLetterFile } from './file.js'
import { type JournalLine, outcomes, readJournal } from './journal.js'

/** What has become of an entry. */
export type EntryState = 'waiting' | 'parked' | 'done'

/** Which line of a dead-letter file counts for each entry, and what has become of the entry. */
export type DeadLetterIndex = {
  /** Number of the last line, from 1. */
  readonly lastLine: number
  /** Lines that begin as failure records but are cut or hold no record; lines of the journal that make no sense. */
  readonly damaged: number
  /** Lines that are no failure records at all. */
  readonly foreign: number
  readonly counts: Readonly<Record<EntryState, number>>
  /** The state of the entry whose name is at this range, if this line is the one that counts for it. */
  stateAt(number: number, bytes: Uint8Array, start: number, end: number): EntryState | undefined
}

/** Reads a dead-letter file and its journal. */
export const indexDeadLetters = async (file: DeadLetterFile): Promise<DeadLetterIndex> => {
  const table = createEntryTable()
  const reader = createDeadLetterReader()
  let lastLine = 0
  const found = await countLines(file, {
    failures(lines) {
      let damaged = 0
      for (let index = 0; index < lines.length; index++) {
        lastLine = lines.number + index
        if (reader.read(lines.bytes, lines.start(index), lines.end(index))) {
          table.setValue(table.place(reader.entryBytes, reader.entryStart, reader.entryEnd), lastLine)
        } else damaged++
      }
      return damaged
    },
  })
  const damagedJournal = await readJournal(file.path, line => noteOutcome(table, line))
  const counts = { waiting: 0, parked: 0, done: 0 }
  table.each((_, state) => {
    counts[states[state] ?? 'waiting']++
  })
  return {
    lastLine,
    damaged: found.damaged + damagedJournal,
    foreign: found.foreign,
    counts,
    stateAt(number, bytes, start, end) {
      const place = table.find(bytes, start, end)
      return place === -1 || table.value(place) !== number ? undefined : states[table.state(place)]
    },
  }
}

/** What became of an entry, as the table keeps it: the last line of the journal counts. */
export const noteOutcome = (table: EntryTable, { bytes, start, end, outcome }: JournalLine): void => {
  const place = table.find(bytes, start, end)
  if (place !== -1) table.setState(place, outcomes.indexOf(outcome))
}

/** By the numbers of the table. */
export const states: readonly EntryState[] = ['waiting', 'done', 'parked']

/** Walks a file, counting what is no whole failure record; `failures` gives the number of damaged lines. Without `next` lines hold only until it returns. */
export const countLines = async (
  file: DeadLetterFile,
  take: { failures(lines: Lines): number; next?: () => void | Promise<void> },
): Promise<{ readonly damaged: number; readonly foreign: number }> => {
  let damaged = 0
  let foreign = 0
  await file.walk(
    {
      failures(lines) {
        damaged += take.failures(lines)
      },
      records(lines) {
        for (let index = 0; index < lines.length; index++) {
          if (hidesFailure(lines, index)) damaged++
          else foreign++
        }
      },
      blank() {},
      tooLong({ head }) {
        if (isFailureLine(head, 0, head.length)) damaged++
        else foreign++
      },
    },
    take.next,
    take.next === undefined,
  )
  return { damaged, foreign }
}

/** A failure record that something else stands in front of, on the same line, is not foreign but spoilt. */
const hidesFailure = (lines: Lines, index: number): boolean => {
  const { bytes } = lines.at(index)
  const at = bytes.indexOf(beginning)
  return at > 0 && createDeadLetterReader().read(bytes, at, bytes.length)
}

const beginning = Buffer.from('{"$streamz":"error/')
