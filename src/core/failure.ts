/** Why a record failed: a closed list, shared by failure records, counters, options and docs. */
export const kinds = [
  'parse',
  'too_long',
  'field',
  'timeout',
  'exit',
  'signal',
  'spawn',
  'worker_died',
  'http_status',
  'network',
  'script',
  'output_parse',
  'output_too_large',
  'unmatched',
  'schema',
  'throttled',
  'breaker_open',
  'gate_closed',
  'deadline',
  'cancelled',
] as const
export type Kind = (typeof kinds)[number]

/**
 * What to do about it: `transient`: retry; `throttled`: retry later; `permanent`: do not retry, this call will fail again;
 * `input`: fix the record; `fatal`: nothing can succeed, the run stops.
 */
export type FailureClass = 'transient' | 'throttled' | 'permanent' | 'input' | 'fatal'

export type FailureFacts = {
  /** HTTP status. */
  readonly status?: number
  /** Exit code of the command. */
  readonly exit?: number
  /** Name of the signal that ended the command. */
  readonly signal?: string
  /** Milliseconds that the service asked to wait. */
  readonly retryAfter?: number
  /** The last part of the command's stderr, at most 4 KiB. */
  readonly stderr?: string
  /** The first part of a failed command's stdout, or of a response other than 2xx, at most 4 KiB. */
  readonly output?: string
  /** The request id that the service sent in a response header. */
  readonly requestId?: string
  /** Position in the line, in bytes from 1. */
  readonly column?: number
  /** Length in bytes of a line that was too long to keep. */
  readonly length?: number
  /** SHA-256 of a line that was too long to keep, in hexadecimal. */
  readonly sha256?: string
  /** The rules that a record violates, and where. */
  readonly violations?: readonly Readonly<Record<'rule' | 'path' | 'type' | 'message', string>>[]
  /** True if this machine had no file descriptor, process or memory left to make the call. */
  readonly ownLack?: true
}

/** Why an attempt or a record failed. Code that cannot process a record throws it or passes it to `reject`. */
export class Failure extends Error {
  override readonly name = 'Failure'

  constructor(
    readonly kind: Kind,
    readonly failureClass: FailureClass,
    message: string,
    readonly facts: FailureFacts = {},
  ) {
    // Kind and message are enough; collecting a stack trace would cost more than everything else about a bad record.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(message)
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** A copy of a failure with further details; `cause` is the original, which other records may share. */
export const addFacts = (failure: Failure, facts: FailureFacts): Failure => {
  const { kind, failureClass, message } = failure
  const known = new Failure(kind, failureClass, message, { ...failure.facts, ...facts })
  known.cause = failure
  return known
}

/** The attempts before a record failed: durations in milliseconds, times by the wall clock. */
export type Attempts = {
  readonly attempts: number
  readonly duration: number
  readonly firstFailedAt?: number
  readonly firstFailure?: Failure
  /** The state of the circuit breaker, if there was one. */
  readonly breaker?: Readonly<Record<string, unknown>>
}
