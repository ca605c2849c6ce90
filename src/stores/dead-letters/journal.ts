import { existsSync } from 'node:fs'
import type { Clock } from '../../core/clock.js'
import { readNumber } from '../../core/json/read-number.js'
import { Rows } from '../../core/json/rows.js'
import type { Lines } from '../../core/lines.js'
import type { StoreError } from '../store-error.js'
import { type DeadLetters, openDeadLetters } from './append.js'
import { openDeadLetterFile } from './file.js'

/**
 * The outcome of an entry; one that the journal does not name waits for its replay. `filtered` is done as well, without
 * a result; `charged` waits, and has used up so many replays.
 */
export const outcomes = ['unparked', 'done', 'parked', 'filtered', 'charged'] as const
export type Outcome = (typeof outcomes)[number]

/** Where it is written down which entries need no replay any more. */
export const journalOf = (path: string): string => `${path}.done`

export const journalLine = (entry: string, replays: number, outcome: Outcome, wall: number): Buffer =>
  Buffer.from(`${JSON.stringify({ entry, replays, outcome, time: new Date(wall).toISOString() })}\n`)

/** A line of the journal: the bytes of the entry's name, and the outcome of it. */
export type JournalLine = {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  readonly number: number
  readonly outcome: Outcome
  /** How often the entry had been replayed by then. */
  readonly replays: number
  /** The whole line. */
  readonly line: Buffer
}

/** Reads the journal of a dead-letter file, oldest line first; returns the number of lines that make no sense. */
export const readJournal = async (path: string, take: (line: JournalLine) => void): Promise<number> => {
  if (!existsSync(journalOf(path))) return 0
  const file = await openDeadLetterFile(journalOf(path), { maxLine: maxLine })
  const rows = new Rows([
    { text: 'entry', segments: ['entry'] },
    { text: 'outcome', segments: ['outcome'] },
    { text: 'replays', segments: ['replays'] },
  ])
  let damaged = 0
  const readLine = (lines: Lines, index: number): void => {
    const { bytes } = lines
    const row = rows.find(lines, index)
    const [entry, outcomeAt, replaysAt] = [3 * row, 3 * row + 1, 3 * row + 2]
    const from = rows.starts[entry] as number
    const to = rows.ends[entry] as number
    const whole = rows.good[row] === 1
    const outcome = whole && bytes[from] === 0x22 ? outcomes.find(one => isText(bytes, outcomeAt, one)) : undefined
    if (outcome === undefined) damaged++
    else {
      const line = bytes.subarray(lines.start(index), lines.end(index))
      const replaysStart = rows.starts[replaysAt] as number
      const replays = replaysStart === -1 ? 0 : readNumber(bytes, replaysStart, rows.ends[replaysAt] as number)
      const number = lines.number + index
      take({ bytes, start: from + 1, end: to - 1, number, outcome, replays: replays ?? 0, line })
    }
  }
  const isText = (bytes: Buffer, at: number, word: string) => {
    const from = rows.starts[at] as number
    return from !== -1 && bytes.toString('latin1', from + 1, (rows.ends[at] as number) - 1) === word
  }
  try {
    await file.walk({
      records(lines) {
        for (let index = 0; index < lines.length; index++) readLine(lines, index)
      },
      failures: lines => {
        damaged += lines.length
      },
      blank() {},
      tooLong() {
        damaged++
      },
    })
  } finally {
    file.close()
  }
  return damaged
}

export const maxLine = 64 * 1024

export type JournalOptions = {
  readonly clock: Clock
  readonly warn: (message: string) => void
  readonly onError: (error: StoreError) => void
}

/** Opens the journal to append to it, with the care that dead letters are appended with. */
export const openJournal = (path: string, options: JournalOptions): DeadLetters =>
  openDeadLetters({
    ...options,
    path: journalOf(path),
    asTheyAre: true,
    // An outcome that cannot be written down is one that did not happen: the entry is replayed again.
    fallback: (lines, receipt) => receipt.lost(lines.length, lines.number),
  })
