import { formatCount } from '../../cli/format.js'
import type { Printer } from '../../cli/printer.js'
import { createDeadLetterReader, type DeadLetterReader, type Field } from '../../core/dead-letters/reader.js'
import type { DeadLetterFile } from '../../stores/dead-letters/file.js'
import {
  countLines,
  type DeadLetterIndex,
  type EntryMarks,
  type EntryState,
  indexDeadLetters,
} from '../../stores/dead-letters/index-file.js'
import type { Selection } from './select.js'

export type Visit = (reader: DeadLetterReader, bytes: Buffer, state: EntryState, charged: number) => void

/** Visits each entry of a dead-letter file that is meant, by the line that counts for it, oldest first. */
export const visitEntries = async (
  file: DeadLetterFile,
  selection: Selection,
  fields: readonly Field[],
  printer: Printer,
  visit: Visit,
): Promise<DeadLetterIndex> => {
  const index = await indexDeadLetters(file)
  const reader = createDeadLetterReader([...selection.fields, ...fields], selection.where)
  let isTaken = true
  await countLines(file, {
    failures(lines) {
      if (!isTaken) return 0
      for (const { bytes, number } of lines) {
        if (!reader.read(bytes, 0, bytes.length)) continue
        const state = index.stateAt(number)
        if (state !== undefined && state !== 'unreadable' && selection.matches(reader))
          visit(reader, bytes, state, index.chargedAt(number))
      }
      return 0
    },
    async next() {
      isTaken = await printer.flush()
    },
  })
  return index
}

/** Reports lines that are not entries on stderr; true if a line is damaged or cannot be read by this version. */
export const tellDamage = (
  path: string,
  { damaged, foreign, other }: EntryMarks,
  printer: Pick<Printer, 'messages'>,
): boolean => {
  if (foreign > 0) {
    printer.messages.note(`${count(foreign, 'line')} of ${path} ${foreign === 1 ? 'is' : 'are'} not a failure record`)
  }
  if (damaged > 0) {
    printer.messages.error(`${count(damaged, 'line')} of ${path} or ${path}.done cannot be read: cut off, or damaged`)
  }
  if (other > 0) {
    printer.messages.error(
      `${count(other, 'line')} of ${path} ${other === 1 ? 'was' : 'were'} written by another version of streamz: not changed`,
    )
  }
  return damaged + other > 0
}

/** `1 entry`, `4,210 entries`. */
export const count = (number: number, word: 'line' | 'entry'): string =>
  `${formatCount(number)} ${number === 1 ? word : word === 'line' ? 'lines' : 'entries'}`

/** The entry's name. */
export const readEntryName = ({ entryBytes, entryStart, entryEnd }: DeadLetterReader): string =>
  entryBytes.toString('latin1', entryStart, entryEnd)
