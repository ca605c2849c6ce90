import { realClock } from '../../core/clock.js'
import { createDeadLetterReader, type DeadLetterReader, type Field } from '../../core/dead-letters/reader.js'
import { resetReplays, updateFields } from '../../core/dead-letters/update.js'
import { nobody } from '../../core/io/output.js'
import type { Path } from '../../core/json/path.js'
import { Lines } from '../../core/lines.js'
import type { StoreError } from '../store-error.js'
import { openDeadLetters } from './append.js'
import { openDeadLetterFile } from './file.js'
import { countLines, indexDeadLetters } from './index-file.js'
import { journalLine, openJournal } from './journal.js'
import { takeReplayLock } from './replay-lock.js'

export type UnparkOptions = {
  readonly path: string
  /** Names of entries, or their beginnings; none means all. */
  readonly ids: readonly string[]
  readonly maxLine: number
  readonly fields: readonly Field[]
  readonly where: readonly Path[]
  readonly matches: (reader: DeadLetterReader) => boolean
  readonly warn: (message: string) => void
}

/**
 * Appends parked entries anew, as if they had never been replayed, and then writes down that they are parked no more: a
 * crash in between leaves them parked. Throws a StoreError, `busy` while a replay runs.
 */
export const unpark = async (options: UnparkOptions) => {
  const { path, ids } = options
  const lock = takeReplayLock(path, realClock)
  try {
    const file = await openDeadLetterFile(path, options)
    const index = await indexDeadLetters(file)
    const names: string[] = []
    const reader = createDeadLetterReader([...updateFields, ...options.fields], options.where)
    let failed: StoreError | undefined
    const common = {
      clock: realClock,
      warn: options.warn,
      onError: (error: StoreError) => {
        failed ??= error
      },
    }
    const entries = openDeadLetters({ ...common, path, asTheyAre: true, fallback: () => {} })
    await countLines(file, {
      failures(lines) {
        for (const { bytes, number } of lines) {
          if (!reader.read(bytes, 0, bytes.length)) continue
          if (index.stateAt(number) !== 'parked') continue
          const name = reader.entryBytes.toString('latin1', reader.entryStart, reader.entryEnd)
          if (ids.length > 0 && !ids.some(id => name.startsWith(id))) continue
          if (!options.matches(reader)) continue
          names.push(name)
          entries.append(Lines.of(resetReplays(reader, bytes), number), nobody)
        }
        return 0
      },
      next: () => entries.flush(),
    })
    file.close()
    await entries.close()
    if (failed !== undefined) throw failed
    const journal = openJournal(path, common)
    const wall = realClock.wall()
    for (const name of names) journal.append(Lines.of(journalLine(name, 0, 'unparked', wall), 0), nobody)
    await journal.close()
    if (failed !== undefined) throw failed
    return { unparked: names.length, damaged: index.damaged, foreign: index.foreign, other: index.other }
  } finally {
    lock.release()
  }
}
