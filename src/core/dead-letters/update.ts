import { describeFailure } from '../envelope.js'
import type { Attempts, Failure } from '../failure.js'
import { readNumber } from '../json/read-number.js'
import type { DeadLetterReader, Field } from './reader.js'

/** What updating an entry has to look at. */
export const updateFields: readonly Field[] = [
  'id',
  'line',
  'file',
  'time',
  'stage',
  'error',
  'attempts',
  'replays',
  'firstFailedAt',
  'firstError',
  'duration',
  'breaker',
  'rawInput',
]

export type Update = {
  readonly failure: Failure
  readonly attempts: Attempts | undefined
  readonly replays: number
  /** Wall clock. */
  readonly now: number
}

/** How often the entry was replayed before, by its line and by what the journal has charged since. */
export const readReplays = (reader: DeadLetterReader, bytes: Buffer, charged = 0): number =>
  Math.max(readCount(reader, bytes, 'replays'), charged)

/**
 * The entry after a replay has failed: the new failure, attempts added, the first failure and the stage kept, the record
 * byte for byte. The reader must have just read it from these bytes.
 */
export const updateDeadLetter = (reader: DeadLetterReader, bytes: Buffer, update: Update): Buffer => {
  const { failure, attempts, replays, now } = update
  return rebuild(reader, bytes, {
    time: JSON.stringify(new Date(now).toISOString()),
    error: JSON.stringify(describeFailure(failure)),
    attempts: String(readCount(reader, bytes, 'attempts') + (attempts?.attempts ?? 0)),
    duration: String(Math.round(attempts?.duration ?? 0)),
    replays,
    breaker: attempts?.breaker === undefined ? undefined : JSON.stringify(attempts.breaker),
  })
}

/** The same entry, as if it had never been replayed. */
export const resetReplays = (reader: DeadLetterReader, bytes: Buffer): Buffer =>
  rebuild(reader, bytes, {
    time: cut(reader, bytes, 'time'),
    error: cut(reader, bytes, 'error'),
    attempts: cut(reader, bytes, 'attempts'),
    duration: cut(reader, bytes, 'duration'),
    replays: 0,
    breaker: reader.start('breaker') === -1 ? undefined : cut(reader, bytes, 'breaker'),
  })

type Head = {
  readonly time: string
  readonly error: string
  readonly attempts: string
  readonly duration: string
  readonly replays: number
  readonly breaker: string | undefined
}

const rebuild = (reader: DeadLetterReader, bytes: Buffer, head: Head): Buffer => {
  const entry = reader.entryBytes.toString('latin1', reader.entryStart, reader.entryEnd)
  const field = (key: string, json: string) => `,${JSON.stringify(key)}:${json}`
  const keep = (key: string, from: Field) => field(key, cut(reader, bytes, from))
  const kept = reader.start('record') !== -1 ? 'record' : reader.start('raw') !== -1 ? 'raw' : 'base64'
  const breaker = head.breaker === undefined ? '' : field('breaker', head.breaker)
  const rawInput = reader.start('rawInput') === -1 ? '' : keep('raw_input', 'rawInput')
  const text =
    `{"$streamz":"error/1","entry":"${entry}"${keep('id', 'id')}${keep('line', 'line')}${keep('file', 'file')}` +
    `,"time":${head.time}${keep('stage', 'stage')},"error":${head.error},"attempts":${head.attempts}` +
    `,"duration_ms":${head.duration},"replays":${head.replays}${field('first_failed_at', cutFirstTime(reader, bytes))}` +
    `${field('first_error', cut(reader, bytes, reader.start('firstError') === -1 ? 'error' : 'firstError'))}${breaker}${rawInput},"${kept === 'base64' ? 'raw_base64' : kept}":`
  return Buffer.concat([Buffer.from(text), bytes.subarray(reader.start(kept), reader.end(kept)), Buffer.from('}\n')])
}

const cutFirstTime = (reader: DeadLetterReader, bytes: Buffer): string =>
  cut(reader, bytes, reader.start('firstFailedAt') === -1 ? 'time' : 'firstFailedAt')

const cut = (reader: DeadLetterReader, bytes: Buffer, field: Field): string =>
  reader.start(field) === -1 ? 'null' : bytes.toString('utf8', reader.start(field), reader.end(field))

const readCount = (reader: DeadLetterReader, bytes: Buffer, field: Field): number => {
  const start = reader.start(field)
  const count = start === -1 ? undefined : readNumber(bytes, start, reader.end(field))
  return count !== undefined && Number.isInteger(count) && count >= 0 && count < 1e9 ? count : 0
}
