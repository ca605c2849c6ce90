import { type Cause, causeFields, createCauses } from '../core/causes.js'
import { createDeadLetterReader, type DeadLetterReader, type Field } from '../core/dead-letter.js'
import { createEntryTable } from '../core/entry-table.js'
import { createKnownEntries, type KnownEntries } from '../core/known-entries.js'
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
  const known = createKnownEntries()
  const reader = createDeadLetterReader([...causeFields, ...options.fields], options.where)
  const { damaged, foreign } = await countLines(file, {
    failures(lines) {
      let damagedLines = 0
      const { bytes } = lines
      for (let index = 0; index < lines.length; index++) {
        const start = lines.start(index)
        const end = lines.end(index)
        const before = known.find(bytes, start, end)
        if (before !== -1) {
          causes.again(before, bytes, known.timeStart, known.timeEnd)
          table.setValue(table.place(bytes, known.entryStart, known.entryEnd), before)
        } else if (reader.read(bytes, start, end)) {
          const isWanted = options.isAll || options.matches(reader, bytes)
          const cause = isWanted ? causes.find(reader, bytes) : -1
          table.setValue(table.place(reader.entryBytes, reader.entryStart, reader.entryEnd), cause)
          // What matches depends on more than the cause.
          if (options.isAll) learn(known, reader, bytes, start, cause)
        } else damagedLines++
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

const learn = (known: KnownEntries, reader: DeadLetterReader, bytes: Buffer, start: number, cause: number): void => {
  const field = (['record', 'raw', 'base64'] as const).find(name => reader.start(name) !== -1)
  if (field === undefined) return
  known.learn(bytes, start, reader.start(field), reader.end(field), field === 'base64' ? 'raw_base64' : field, cause)
}
