import { isUtf8 } from 'node:buffer'
import type { Clock } from './clock.js'
import type { Attempts, Failure } from './failure.js'
import { createScanner } from './json/scan.js'
import type { Line } from './lines.js'

/** A record that failed, and why. */
export type Rejected = {
  readonly line: Line
  readonly failure: Failure
  readonly attempts?: Attempts | undefined
}

export type EnvelopeOptions = {
  readonly stage: { readonly command: string; readonly name: string | undefined }
  readonly host: string
  readonly pid: number
  readonly clock: Clock
  /** The record's id. */
  readonly id: (line: Line) => string
  /** Lines were text (`--raw-input`): a replay must pass the record as text again. */
  readonly rawInput?: boolean
}

/**
 * Creates failure records: one line of JSON that begins with `{"$streamz":"error/1"`, by which later stages recognize it, and
 * ends with the record, byte for byte. Text that is not valid JSON is kept as `raw`, bytes that are not UTF-8 as
 * `raw_base64`.
 */
export const createEnvelope = (options: EnvelopeOptions): ((rejected: Rejected) => Buffer) => {
  const { clock, id, host, pid } = options
  // Parts that are (nearly) the same in every record are created once: that cuts the cost of a failed record to a third.
  const stage = JSON.stringify({ ...options.stage, name: options.stage.name ?? null, host, pid })
  const describeTime = remember((wall: number) => `"${new Date(wall).toISOString()}"`)
  const describeFile = remember((file: string | undefined) => JSON.stringify(file ?? null))
  const scanner = createScanner()
  return ({ line, failure, attempts }) => {
    const now = clock.wall()
    const time = describeTime(now)
    const first = attempts?.firstFailure ?? failure
    const firstFailedAt = attempts?.firstFailedAt === undefined ? time : describeTime(attempts.firstFailedAt)
    const breaker = attempts?.breaker === undefined ? '' : `,"breaker":${JSON.stringify(attempts.breaker)}`
    const rawInput = options.rawInput ? ',"raw_input":true' : ''
    const head =
      `{"$streamz":"error/1","id":${JSON.stringify(id(line))},"line":${line.number},"file":${describeFile(line.file)}` +
      `,"time":${time},"stage":${stage},"error":${JSON.stringify(describeFailure(failure))}` +
      `,"attempts":${attempts?.attempts ?? 0},"duration_ms":${Math.round(attempts?.duration ?? 0)},"replays":0` +
      `,"first_failed_at":${firstFailedAt}` +
      `,"first_error":{"kind":"${first.kind}","message":${JSON.stringify(first.message)}}${breaker}${rawInput}`
    const kept = failure.kind === 'too_long' ? keepText(line.bytes) : keepRecord(line.bytes, scanner)
    return joinParts(head, kept)
  }
}

/** Caches the last result. */
const remember = <T, R>(make: (value: T) => R): ((value: T) => R) => {
  let known: { readonly value: T; readonly made: R } | undefined
  return value => {
    if (known === undefined || known.value !== value) known = { value, made: make(value) }
    return known.made
  }
}

/** How the record is kept: the name of its field, and its bytes. */
type Kept = { readonly field: string; readonly bytes: Buffer }

const joinParts = (head: string, { field, bytes }: Kept): Buffer => {
  const text = `${head},"${field}":`
  const length = Buffer.byteLength(text)
  const line = Buffer.allocUnsafe(length + bytes.length + 2)
  line.write(text)
  line.set(bytes, length)
  line.write('}\n', length + bytes.length)
  return line
}

/** The `error` of a failure record. */
export const describeFailure = ({ kind, failureClass, message, facts }: Failure) => ({
  kind,
  class: failureClass,
  message,
  status: facts.status ?? null,
  exit: facts.exit ?? null,
  signal: facts.signal ?? null,
  retry_after_ms: facts.retryAfter ?? null,
  stderr: facts.stderr ?? null,
  ...(facts.output === undefined ? {} : { output: facts.output }),
  ...(facts.requestId === undefined ? {} : { request_id: facts.requestId }),
  ...(facts.violations === undefined ? {} : { violations: facts.violations }),
  ...(facts.column === undefined ? {} : { column: facts.column }),
  ...(facts.length === undefined ? {} : { length: facts.length, sha256: facts.sha256 }),
})

const keepRecord = (bytes: Buffer, scanner: ReturnType<typeof createScanner>): Kept =>
  scanner.scan(bytes, 0, bytes.length)
    ? { field: 'record', bytes: bytes.subarray(scanner.valueStart, scanner.valueEnd) }
    : keepText(bytes)

const keepText = (bytes: Buffer): Kept => {
  const text = bytes.subarray(0, bytes.length - 1)
  return isUtf8(text)
    ? { field: 'raw', bytes: Buffer.from(JSON.stringify(text.toString())) }
    : { field: 'raw_base64', bytes: Buffer.from(`"${text.toString('base64')}"`) }
}

/** The default id of a record: the first half of the SHA-256 of its bytes and its line number, in hexadecimal. */
export const hashId = (line: Line): string => hash(Buffer.concat([line.bytes, Buffer.from(String(line.number))]))

/** The id of a batch of records with these ids, in this order. */
export const hashIds = (ids: readonly string[]): string => hash(JSON.stringify(ids))

// One call of `hash`: an object for each hash costs four times as much.
const hash = (data: Buffer | string): string =>
  process.getBuiltinModule('node:crypto').hash('sha256', data, 'hex').slice(0, 32)
