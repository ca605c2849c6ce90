import { isUtf8 } from 'node:buffer'
import type { Clock } from './clock.js'
import type { Attempts, Failure } from './failure.js'
import { createScanner } from './json/scan.js'
import type { Line } from './lines.js'

/** A record that was given up, and why. */
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
  /** Lines were text, see `--raw-input`: whoever calls with the record again must give it as text. */
  readonly rawInput?: boolean
}

/**
 * Makes failure records: one line of JSON that begins with `{"$streamz":"error/1"`, so that later stages know it by its
 * first bytes, and ends with the record as it came, byte for byte. Text that is no JSON is kept as `raw`, bytes that are no
 * UTF-8 as `raw_base64`.
 */
export const createEnvelope = (options: EnvelopeOptions): ((rejected: Rejected) => Buffer) => {
  const stage = { ...options.stage, name: options.stage.name ?? null, host: options.host, pid: options.pid }
  const scanner = createScanner()
  return ({ line, failure, attempts }) => {
    const now = options.clock.wall()
    const first = attempts?.firstFailure ?? failure
    const head = {
      $streamz: 'error/1',
      id: options.id(line),
      line: line.number,
      file: line.file ?? null,
      time: new Date(now).toISOString(),
      stage,
      error: describeFailure(failure),
      attempts: attempts?.attempts ?? 0,
      duration_ms: Math.round(attempts?.duration ?? 0),
      replays: 0,
      first_failed_at: new Date(attempts?.firstFailedAt ?? now).toISOString(),
      first_error: { kind: first.kind, message: first.message },
      ...(attempts?.breaker === undefined ? {} : { breaker: attempts.breaker }),
      ...(options.rawInput ? { raw_input: true } : {}),
    }
    const start = Buffer.from(JSON.stringify(head).slice(0, -1))
    const kept = failure.kind === 'too_long' ? keepText(line.bytes) : keepRecord(line.bytes, scanner)
    return Buffer.concat([start, ...kept, Buffer.from('}\n')])
  }
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
  ...(facts.column === undefined ? {} : { column: facts.column }),
  ...(facts.length === undefined ? {} : { length: facts.length, sha256: facts.sha256 }),
})

const keepRecord = (bytes: Buffer, scanner: ReturnType<typeof createScanner>): readonly Buffer[] => {
  if (scanner.scan(bytes, 0, bytes.length)) {
    return [Buffer.from(',"record":'), bytes.subarray(scanner.valueStart, scanner.valueEnd)]
  }
  return keepText(bytes)
}

const keepText = (bytes: Buffer): readonly Buffer[] => {
  const text = bytes.subarray(0, bytes.length - 1)
  return isUtf8(text)
    ? [Buffer.from(`,"raw":${JSON.stringify(text.toString())}`)]
    : [Buffer.from(`,"raw_base64":"${text.toString('base64')}"`)]
}

/** A record's id when nobody names a better one: the first half of the SHA-256 of its bytes and its line number, in hexadecimal. */
export const hashId = (line: Line): string => hash(line.bytes, String(line.number))

/** The id of what holds records with these ids, in this order. */
export const hashIds = (ids: readonly string[]): string => hash(JSON.stringify(ids))

const hash = (...parts: readonly (Buffer | string)[]): string => {
  const hasher = process.getBuiltinModule('node:crypto').createHash('sha256')
  for (const part of parts) hasher.update(part)
  return hasher.digest('hex').slice(0, 32)
}
