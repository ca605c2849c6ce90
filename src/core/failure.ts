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
 * What to do about it: `transient` try again, `throttled` try again later, `permanent` this call will not work,
 * `input` this record is bad, `fatal` nothing will work: stop.
 */
export type FailureClass = 'transient' | 'throttled' | 'permanent' | 'input' | 'fatal'

export type FailureFacts = {
  /** HTTP status. */
  readonly status?: number
  /** Exit code of the command. */
  readonly exit?: number
  /** Name of the signal that ended the command. */
  readonly signal?: string
  /** Milliseconds the other side asked us to wait. */
  readonly retryAfter?: number
  /** The end of what the command wrote to stderr, 4 KiB at most. */
  readonly stderr?: string
  /** The beginning of what a failed command wrote to stdout, or of an answer that is not 2xx, 4 KiB at most. */
  readonly output?: string
  /** How the service itself names the request, from the header of its answer. */
  readonly requestId?: string
  /** Where in the line, in bytes from 1. */
  readonly column?: number
  /** Length in bytes of a line that was too long to keep. */
  readonly length?: number
  /** SHA-256 of a line that was too long to keep, in hexadecimal. */
  readonly sha256?: string
  /** The rules that a record violates, and where. */
  readonly violations?: readonly Readonly<Record<'rule' | 'path' | 'type' | 'message', string>>[]
  /** This machine had no descriptor, process or memory left to make the call. */
  readonly ownLack?: true
}

/** One failed attempt or one bad record. Whoever cannot go on with a record throws it or hands it to `reject`. */
export class Failure extends Error {
  override readonly name = 'Failure'

  constructor(
    readonly kind: Kind,
    readonly failureClass: FailureClass,
    message: string,
    readonly facts: FailureFacts = {},
  ) {
    // A failure is told by its kind and words; gathering a stack costs more than all the rest of a bad record.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(message)
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** The same failure with what else is known of it; `cause` is the one it was made of, which others may have been given too. */
export const addFacts = (failure: Failure, facts: FailureFacts): Failure => {
  const { kind, failureClass, message } = failure
  const known = new Failure(kind, failureClass, message, { ...failure.facts, ...facts })
  known.cause = failure
  return known
}

/** What was tried before a record was given up: times in milliseconds, wall clock for moments. */
export type Attempts = {
  readonly attempts: number
  readonly duration: number
  readonly firstFailedAt?: number
  readonly firstFailure?: Failure
  /** The circuit breaker's view, when one had a say. */
  readonly breaker?: Readonly<Record<string, unknown>>
}
