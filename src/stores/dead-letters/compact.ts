import { existsSync } from 'node:fs'
import type { Clock } from '../../core/clock.js'
import { createDeadLetterReader, type DeadLetterReader, type Field } from '../../core/dead-letters/reader.js'
import type { Lines } from '../../core/lines.js'
import { createEntryTable, type EntryTable } from '../../core/tables/entry-table.js'
import { replaceFile } from '../files/replace-file.js'
import { StoreError } from '../store-error.js'
import { type DeadLetterFile, openDeadLetterFile } from './file.js'
import { type EntryMarks, type EntryState, indexDeadLetters } from './index-file.js'
import { journalOf, maxLine, readJournal } from './journal.js'

export type TidyOptions = {
  readonly path: string
  readonly clock: Clock
  /** What `drop` looks at. */
  readonly fields: readonly Field[]
  /** Whether an entry goes, decided by the line that counts for it. */
  readonly drop: (state: EntryState, reader: DeadLetterReader, bytes: Buffer) => boolean
}

export type Tidied = EntryMarks & {
  readonly kept: number
  readonly dropped: number
  readonly before: number
  readonly after: number
}

/**
 * Rewrites a dead-letter file without the entries that `drop` names and without outdated lines, then its journal. Damaged
 * and foreign lines stay. The caller holds the replay lock; other processes may append meanwhile.
 */
export const tidy = async (options: TidyOptions): Promise<Tidied> => {
  const { path, clock, drop } = options
  const file = await openDeadLetterFile(path, { maxLine: longest, wholeLines: true })
  const replacement = replaceFile(file, clock)
  const left = createEntryTable()
  try {
    const index = await indexDeadLetters(file)
    const reader = createDeadLetterReader(options.fields)
    let kept = 0
    let dropped = 0
    let after = 0
    const keep = (bytes: Buffer) => {
      replacement.write(bytes)
      after += bytes.length
    }
    const keepEntries = (lines: Lines) => {
      for (const { bytes, number } of lines) {
        if (!reader.read(bytes, 0, bytes.length)) keep(bytes)
        else {
          const state = index.stateAt(number)
          if (state === undefined) continue
          if (state !== 'unreadable' && drop(state, reader, bytes)) dropped++
          else {
            left.place(reader.entryBytes, reader.entryStart, reader.entryEnd)
            keep(bytes)
            kept++
          }
        }
      }
    }
    await copyLines(file, keepEntries, keep)
    await replacement.finish()
    await tidyJournal(path, left, clock)
    return {
      kept,
      dropped,
      damaged: index.damaged,
      foreign: index.foreign,
      other: index.other,
      before: file.size,
      after,
    }
  } catch (error) {
    replacement.discard()
    throw error
  } finally {
    file.close()
  }
}

// Every line has to pass here, so the limit is the longest that Node can hold with ease.
const longest = 2 ** 30

const copyLines = (
  file: DeadLetterFile,
  failures: (lines: Lines) => void,
  keep: (bytes: Buffer) => void,
): Promise<void> =>
  file.walk({
    failures,
    records: lines => keep(lines.view()),
    blank() {},
    tooLong({ number }) {
      throw new StoreError('foreign', `Line ${number} of ${file.path} is longer than 1GiB; remove it first`)
    },
  })

// A crash between the two leaves lines about entries that no longer exist, which are ignored.
const tidyJournal = async (path: string, left: EntryTable, clock: Clock): Promise<void> => {
  const journal = journalOf(path)
  if (!existsSync(journal)) return
  await readJournal(path, ({ bytes, start, end, number }) => {
    const place = left.find(bytes, start, end)
    if (place !== -1) left.setValue(place, number)
  })
  const file = await openDeadLetterFile(journal, { maxLine: maxLine, wholeLines: true })
  const replacement = replaceFile(file, clock)
  try {
    await readJournal(path, ({ bytes, start, end, number, outcome, line }) => {
      const place = left.find(bytes, start, end)
      if (place !== -1 && left.value(place) === number && outcome !== 'unparked') replacement.write(line)
    })
    await replacement.finish()
  } catch (error) {
    replacement.discard()
    throw error
  } finally {
    file.close()
  }
}
