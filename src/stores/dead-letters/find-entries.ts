import { existsSync } from 'node:fs'
import { createDeadLetterReader, findEntryName } from '../../core/dead-letters/reader.js'
import { readNumber } from '../../core/json/read-number.js'
import { openDeadLetterFile } from './file.js'

/** An entry that was found by where its record came from. */
export type PlacedEntry = {
  readonly entry: string
  readonly number: number
  readonly file: string | undefined
  /** The step that it failed in: its name, or its command. */
  readonly step: string
}

/** The entries of records that failed since then (wall clock), oldest first. No file is no entries. */
export const findEntries = async (path: string, since: number): Promise<readonly PlacedEntry[]> => {
  if (!existsSync(path)) return []
  const found: PlacedEntry[] = []
  const reader = createDeadLetterReader(['line', 'file', 'time', 'command', 'stageName'])
  const file = await openDeadLetterFile(path, { maxLine: 2 ** 29, wholeLines: true })
  try {
    await file.walk({
      failures(lines) {
        for (const { bytes } of lines) {
          if (!reader.read(bytes, 0, bytes.length) || Date.parse(reader.text('time') ?? '') < since) continue
          const number =
            reader.start('line') === -1 ? undefined : readNumber(bytes, reader.start('line'), reader.end('line'))
          if (number === undefined) continue
          const step = reader.text('stageName') ?? reader.text('command') ?? ''
          found.push({ entry: findEntryName(bytes), number, file: reader.text('file'), step })
        }
      },
      records() {},
      blank() {},
      tooLong() {},
    })
  } finally {
    file.close()
  }
  return found
}
