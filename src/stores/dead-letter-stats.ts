import { type Cause, causeFields, createCauses } from '../core/causes.js'
import { createDeadLetterReader, type DeadLetterReader, type Field } from '../core/dead-letter.js'
import { createEntryTable } from '../core/entry-table.js'
import type { Path } from '../core/path.js'
import type { DeadLetterFile } from './dead-letter-file.js'
import { countLines, type EntryState, settle, states } from './dead-letter-index.js'
import { readJournal } from './dead-letter-journal.js'

export type StatsOptions = {
  readonly fields: readonly Field[]
  readonly where: readonly Path[]
  /** Everything matches. */
  readonly isAll: boolean
  readonly matches: (reader: DeadLetterReader, bytes: Buffer) => boolean
}

/** What a dead-letter file holds. */
export type Stats = {
  readonly bytes: number
  readonly damaged: number
  readonly foreign: number
  readonly counts: Readonly<Record<EntryState, number>>
  /** How many entries of each cause are in each state; causes without entries are left out. */
  readonly causes: readonly (Cause & { readonly counts: Readonly<Record<EntryState, number>> })[]
}

/** Counts the entries of a dead-letter file by cause, in one pass: an updated entry leaves the cause it had before. */
export const countDeadLetters = async (file: DeadLetterFile, options: StatsOptions): Promise<Stats> => {
  const table = createEntryTable()
  const causes = createCauses()
  const reader = createDeadLetterReader([...causeFields, ...options.fields], options.where)
  const { damaged, foreign } = await countLines(file, {
    failures(lines) {
      let damagedLines = 0
      for (let index = 0; index < lines.length; index++) {
        if (!reader.read(lines.bytes, lines.start(index), lines.end(index))) {
          damagedLines++
          continue
        }
        const place = table.place(reader.entryBytes, reader.entryStart, reader.entryEnd)
        table.setValue(
          place,
          options.isAll || options.matches(reader, lines.bytes) ? causes.find(reader, lines.bytes) : -1,
        )
      }
      return damagedLines
    },
  })
  const damagedJournal = await readJournal(file.path, line => settle(table, line))
  const counts = { waiting: 0, parked: 0, done: 0 }
  const byCause = causes.list.map(() => ({ waiting: 0, parked: 0, done: 0 }))
  table.each((cause, number) => {
    const state = states[number] ?? 'waiting'
    const own = byCause[cause]
    if (own === undefined) return
    own[state]++
    counts[state]++
  })
  return {
    bytes: file.size,
    damaged: damaged + damagedJournal,
    foreign,
    counts,
    causes: causes.list
      .map((cause, index) => ({ ...cause, counts: byCause[index] ?? { waiting: 0, parked: 0, done: 0 } }))
      .filter(({ counts: own }) => own.waiting + own.parked + own.done > 0),
  }
}
