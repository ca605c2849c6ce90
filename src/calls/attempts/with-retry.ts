import type { Clock } from '../../core/clock.js'
import { type Attempts, Failure } from '../../core/failure.js'
import { formatDuration } from '../../core/format-duration.js'
import type { Line } from '../../core/lines.js'
import type { Call, CallContext, Result } from '../call.js'
import { GaveUp } from './gave-up.js'
import { onAbort } from './on-abort.js'
import { Refused } from './refused.js'
import { type Slot, waitForRetry } from './wait-for-retry.js'

export type RetryOptions = {
  /** Further attempts after the first. */
  readonly retries: number
  /** Milliseconds to wait after so many failed attempts, from 1. */
  readonly backoff: (failed: number) => number
  /** Which failures are tried again; without it those of class `transient` and `throttled`. */
  readonly retryOn?: (failure: Failure) => boolean
  /** Milliseconds for all attempts and waits of one record together; 0 for no end. */
  readonly recordDeadline: number
  readonly clock: Clock
  readonly onRetry?: (event: RetryEvent) => void
}

/** Told before each wait: `attempt` has failed, the next one begins in `wait` milliseconds. */
export type RetryEvent = {
  readonly line: number
  readonly attempt: number
  readonly wait: number
  readonly failure: Failure
}

export type RetryContext = {
  /** Aborted when the running attempt must end too. */
  readonly killing: AbortSignal
  /** Aborted when nothing is waited for any more, while a running attempt may go on; `signal` unless given. */
  readonly stopping?: AbortSignal
  readonly id: string
  /** Freed while a retry waits. When the promise rejects it may be free: see `Slot`. */
  readonly slot?: Slot | undefined
  /** What a retry frees and takes when that is not the same. */
  readonly retrySlot?: Slot
  /** Told what was tried when a call has succeeded: its answer may turn out to be of no use. */
  onAnswer?(tried: () => Attempts): void
}

/** All attempts for one record. Rejects with `GaveUp`. */
export type RetriedCall = (line: Line, context: RetryContext) => Promise<Result>

/** Answers of class `throttled` that are waited for without using up an attempt. */
export const freePauses = 5

/** Tries a call again while its failures allow it. */
export const withRetry = (call: Call, options: RetryOptions): RetriedCall => {
  const { retries, backoff, retryOn = isPassing, recordDeadline, clock, onRetry } = options
  return async (line, context) => {
    const { killing: outer, stopping = outer, slot, retrySlot } = context
    const started = clock.now()
    const deadline = recordDeadline === 0 ? noDeadline(outer) : startDeadline(outer, recordDeadline, clock)
    const { signal } = deadline
    let attempt = 0
    let left = retries
    let pauses = freePauses
    let first: { firstFailedAt: number; firstFailure: Failure } | undefined
    const tried = (): Attempts => ({ attempts: attempt, duration: clock.now() - started, ...first })
    const giveUp = (failure: Failure, breaker?: Refused['breaker']) =>
      new GaveUp(failure, breaker === undefined ? tried() : { ...tried(), breaker })
    try {
      if (stopping.aborted || signal.aborted) throw giveUp(cancelled(stopping.aborted ? stopping : signal))
      for (;;) {
        attempt += 1
        let failure: Failure
        try {
          const answer = await call(line, new Attempt(signal, attempt, context, slot))
          context.onAnswer?.(tried)
          return answer
        } catch (error) {
          if (error instanceof Refused) {
            if (!error.called) attempt -= 1
            throw giveUp(error.failure, error.breaker)
          }
          if (!(error instanceof Failure)) throw error
          failure = error
        }
        // Nothing was called: the record does not say what with, or is no JSON, and will not be the next time.
        if (failure.kind === 'field' || failure.kind === 'parse') {
          attempt -= 1
          throw giveUp(failure)
        }
        first ??= { firstFailedAt: clock.wall(), firstFailure: failure }
        const wasEnded = signal.aborted && (failure === signal.reason || failure.cause === signal.reason)
        if (wasEnded || !retryOn(failure)) throw giveUp(failure)
        if (failure.failureClass === 'throttled' && pauses > 0) pauses -= 1
        else if (left > 0) left -= 1
        else throw giveUp(failure)
        const wait = Math.max(failure.facts.retryAfter ?? backoff(attempt), 0)
        if (clock.now() + wait >= deadline.at) throw giveUp(tooLate(recordDeadline, attempt))
        onRetry?.({ line: line.number, attempt, wait, failure })
        if (!(await waitForRetry(wait, clock, [stopping, signal], retrySlot ?? slot))) {
          throw giveUp(cancelled(signal.aborted ? signal : stopping))
        }
      }
    } finally {
      deadline.cancel()
    }
  }
}

class Attempt implements CallContext {
  constructor(
    readonly killing: AbortSignal,
    readonly attempt: number,
    private readonly record: RetryContext,
    readonly slot: Slot | undefined,
  ) {}

  /** Not read before somebody asks: a hash costs more than a fast call. */
  get id(): string {
    return this.record.id
  }
}

/** Whether a failure is one that may pass. */
export const isPassing = ({ failureClass }: Failure) => failureClass === 'transient' || failureClass === 'throttled'

const noDeadline = (signal: AbortSignal) => ({ signal, at: Number.POSITIVE_INFINITY, cancel: doNothing })

const doNothing = () => {}

const startDeadline = (outer: AbortSignal, ms: number, clock: Clock) => {
  const controller = new AbortController()
  if (outer.aborted) controller.abort(outer.reason)
  const cancelTimer = clock.after(ms, () =>
    controller.abort(
      new Failure('deadline', 'transient', `Not done within the ${formatDuration(ms)} of --record-deadline`),
    ),
  )
  const cancelAbort = onAbort(outer, () => controller.abort(outer.reason))
  const cancel = () => {
    cancelTimer()
    cancelAbort()
  }
  return { signal: controller.signal, at: clock.now() + ms, cancel }
}

const tooLate = (ms: number, attempts: number) =>
  new Failure(
    'deadline',
    'transient',
    `The next try would be past the ${formatDuration(ms)} of --record-deadline, given up after ${attempts}`,
  )

const cancelled = ({ reason }: AbortSignal): Failure =>
  reason instanceof Failure ? reason : new Failure('cancelled', 'transient', 'Cancelled before it was tried again')
