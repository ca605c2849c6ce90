import { escapeControls } from '../../cli/messages.js'
import type { DeadLetterReader, Field } from '../../core/dead-letters/reader.js'
import { readReplays } from '../../core/dead-letters/update.js'
import { readNumber } from '../../core/json/read-number.js'
import { findLastWords } from '../../core/last-words.js'
import type { EntryState } from '../../stores/dead-letters/index-file.js'
import { readEntryName } from './entries.js'

/** What a row about an entry shows. */
export const rowFields: readonly Field[] = [
  'id',
  'line',
  'file',
  'time',
  'command',
  'stageName',
  'class',
  'message',
  'status',
  'stderr',
  'output',
  'attempts',
  'replays',
  'firstFailedAt',
]

export type Row = ReturnType<typeof createRow>

/** Everything about an entry except its record. */
export const createRow = (reader: DeadLetterReader, bytes: Buffer, state: EntryState, charged = 0) => {
  const number = (field: Field) =>
    reader.start(field) === -1 ? null : (readNumber(bytes, reader.start(field), reader.end(field)) ?? null)
  return {
    entry: readEntryName(reader),
    state,
    time: reader.text('time') ?? null,
    kind: reader.text('kind') ?? '',
    class: reader.text('class') ?? null,
    status: number('status'),
    message: reader.text('message') ?? '',
    cause: findLastWords(reader.text('stderr'), reader.text('output')) ?? null,
    stage: reader.text('stageName') ?? reader.text('command') ?? null,
    attempts: number('attempts') ?? 0,
    replays: readReplays(reader, bytes, charged),
    first_failed_at: reader.text('firstFailedAt') ?? null,
    id: reader.text('id') ?? null,
    line: number('line'),
    file: reader.text('file') ?? null,
  }
}

/** One JSON object; what a terminal could take for a command is escaped, which JSON allows. */
export const toJson = (value: object): string => `${escapeControls(JSON.stringify(value))}\n`

/** One line for people. */
export const describeRow = (
  { entry, state, time, kind, stage, replays, message, cause }: Row,
  width: number,
): string => {
  const seen = time?.replace('T', ' ').slice(0, 19) ?? '-'
  const mark = state === 'waiting' ? (replays > 0 ? `${replays} replayed` : '') : state
  const text = `${entry}  ${seen}  ${kind.padEnd(12)}  ${(stage ?? '-').padEnd(8)}  ${mark.padEnd(10)}  ${message}${cause === null ? '' : `: ${cause}`}`
  return `${clip(oneLine(text), width)}\n`
}

/** Text on one line without anything that a terminal could take for a command. */
export const oneLine = (text: string): string => escapeControls(text.replaceAll(/[\n\t\r]+/g, ' '))

/** As much of a text as fits. */
export const clip = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`
