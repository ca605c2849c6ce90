import type { Clock } from '../../core/clock.js'
import { type Attempts, Failure, type FailureClass } from '../../core/failure.js'
import { formatDuration } from '../../core/format-duration.js'
import type { Line } from '../../core/lines.js'
import type { Call, Result } from '../call.js'
import type { Silence } from '../silence.js'
import { Attempt, type RecordContext } from './attempt.js'
import { createDeadlines } from './deadlines.js'
import { GaveUp } from './gave-up.js'
import type { Guard } from './guard.js'
import type { Patience } from './patience.js'
import { startRecordDeadline } from './record-deadline.js'
import { Refused } from './refused.js'
import { waitForRetry } from './wait-for-retry.js'

export type AttemptOptions = {
  /** Milliseconds after which an attempt is ended; 0: never. */
  readonly timeout: number
  /** Further attempts after the first. */
  readonly retries: number
  /** Milliseconds to wait after this many failed attempts, from 1. */
  readonly backoff: (failed: number) => number
  /** Which failures are tried again; without it those of class `transient` and `throttled`. */
  readonly retryOn?: (failure: Failure) => boolean
  /** Milliseconds for all attempts and waits of one record together; 0 for no end. */
  readonly recordDeadline: number
  readonly clock: Clock
  /** Asked before each call. */
  readonly guard?: Guard | undefined
  /** Notified of each record in progress. */
  readonly patience?: Patience | undefined
  /** Refusals that are not waited for; none unless given. */
  readonly giveUpOn?: (failure: Failure) => boolean
  readonly onRetry?: (event: RetryEvent) => void
  /** Receives the milliseconds that each call took. */
  readonly onCall?: (ms: number) => void
  /** Notified of each call that begins and ends. */
  readonly silence?: Silence | undefined
}

/** Called before each wait: `attempt` has failed, the next one begins in `wait` milliseconds. */
export type RetryEvent = {
  readonly line: number
  readonly attempt: number
  readonly wait: number
  readonly failure: Failure
}

/** All attempts for one record. Rejects with `GaveUp`. */
export type RecordCall = (
  line: Line,
  context: RecordContext & {
    /** Told what was tried when a call has succeeded: its answer may turn out to be of no use. */
    onAnswer?(tried: () => Attempts): void
  },
) => Promise<Result>

/** Makes the call of a record, each time within its timeout, and again while its failures allow it. */
export const createAttempts = (call: Call, options: AttemptOptions): RecordCall => {
  const {
    timeout,
    retries,
    backoff,
    retryOn = isPassing,
    recordDeadline,
    clock,
    guard,
    patience,
    giveUpOn,
    onRetry,
    onCall,
    silence,
  } = options
  const startDeadline = timeout === 0 ? undefined : createDeadlines(timeout, clock)
  const timedOut = `No answer within ${formatDuration(timeout)}`
  const startTimer = (attempt: Attempt, now: number) =>
    startDeadline?.(() => attempt.end(new Failure('timeout', 'transient', timedOut)), now)

  let count = 0

  return async (line, record) => {
    const started = clock.now()
    const deadline = startRecordDeadline(record.killing, recordDeadline, clock)
    const { signal } = deadline
    const { stopping = signal, slot } = record
    const order = record.order ?? count++
    let made = 0
    let left = retries
    let wasRefused = false
    let first: { firstFailedAt: number; firstFailure: Failure } | undefined
    let attempt: Attempt | undefined
    const leavePatience = patience?.begin()
    const tried = (): Attempts => ({ attempts: made, duration: clock.now() - started, ...first })
    try {
      if (stopping.aborted || signal.aborted) throw new GaveUp(cancelled(stopping.aborted ? stopping : signal), tried())
      for (;;) {
        attempt ??= new Attempt(record, signal, made + 1, order)
        const given = guard?.(line, attempt)
        const isAtOnce = attempt.attempt === 1 && !(given instanceof Promise) && !wasRefused
        const leave = given instanceof Promise ? await given : given
        attempt.called = true
        // To look at the clock costs as much as all that stands before.
        const began = isAtOnce ? started : clock.now()
        const cancelTimer = startTimer(attempt, began)
        silence?.begin(began)
        let answer: Result | undefined
        let error: unknown
        try {
          answer = await call(line, attempt)
        } catch (thrown) {
          error = thrown
        }
        cancelTimer?.()
        if (onCall !== undefined || silence !== undefined) {
          const ended = clock.now()
          onCall?.(ended - began)
          silence?.end(ended, !wasGivenUp(error))
        }
        const told = leave?.(error, answer)
        const again = told instanceof Promise ? await told : told
        wasRefused = error instanceof Failure && error.failureClass === 'throttled'
        if (again !== undefined && error instanceof Failure && !attempt.ended && !(wasRefused && giveUpOn?.(error))) {
          if (wasRefused) {
            // That is no attempt, but it is what kept it.
            attempt.called = false
            first ??= { firstFailedAt: clock.wall(), firstFailure: error }
          }
          if (again.notBefore >= deadline.at) throw new GaveUp(tooLate(recordDeadline, made, 'throttled'), tried())
          onRetry?.({
            line: line.number,
            attempt: made,
            wait: Math.max(0, again.notBefore - clock.now()),
            failure: error,
          })
          continue
        }
        attempt.close()
        attempt = undefined
        made++
        if (answer !== undefined) {
          record.onAnswer?.(tried)
          return answer
        }
        if (!(error instanceof Failure)) throw error
        // Nothing was called: the record lacks a field the call needs or is not valid JSON, so a retry cannot help.
        if (error.kind === 'field' || error.kind === 'parse') {
          made--
          throw new GaveUp(error, tried())
        }
        first ??= { firstFailedAt: clock.wall(), firstFailure: error }
        const wasEnded = signal.aborted && (error === signal.reason || error.cause === signal.reason)
        if (wasEnded || !retryOn(error)) throw new GaveUp(error, tried())
        if (left > 0) left--
        else throw new GaveUp(error, tried())
        const wait = Math.max(error.facts.retryAfter ?? backoff(made), 0)
        if (clock.now() + wait >= deadline.at)
          throw new GaveUp(tooLate(recordDeadline, made, error.failureClass), tried())
        onRetry?.({ line: line.number, attempt: made, wait, failure: error })
        if (!(await waitForRetry(wait, clock, [stopping, signal], record.keepsSlot ? undefined : slot))) {
          throw new GaveUp(cancelled(signal.aborted ? signal : stopping), tried())
        }
      }
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      if (attempt?.called) made++
      const { breaker } = error
      const failure = wasRefused && error.failure.kind === 'deadline' ? throttle(error.failure) : error.failure
      throw new GaveUp(failure, breaker === undefined ? tried() : { ...tried(), breaker }, true)
    } finally {
      attempt?.close()
      deadline.cancel()
      leavePatience?.()
    }
  }
}

/** Whether a failure is one that may pass. */
export const isPassing = ({ failureClass }: Failure) => failureClass === 'transient' || failureClass === 'throttled'

/** It got no answer because the service refused it: that is no fault of the service. */
const throttle = ({ kind, message }: Failure) => new Failure(kind, 'throttled', message)

const tooLate = (ms: number, attempts: number, failureClass: FailureClass) =>
  new Failure(
    'deadline',
    failureClass === 'throttled' ? 'throttled' : 'transient',
    `The next attempt would exceed the ${formatDuration(ms)} of --record-deadline; gave up after ${attempts}`,
  )

/** The call got no answer in its time, or before the run was cut. */
const wasGivenUp = (error: unknown): boolean =>
  error instanceof Failure && (error.kind === 'timeout' || error.kind === 'cancelled')

const cancelled = ({ reason }: AbortSignal): Failure =>
  reason instanceof Failure ? reason : new Failure('cancelled', 'transient', 'Cancelled before it was retried')
