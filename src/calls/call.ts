import type { Cancel } from '../core/clock.js'
import type { Failure } from '../core/failure.js'
import type { Line } from '../core/lines.js'
import type { Slot } from './attempts/slot.js'

export type CallContext = {
  /** Aborted when this attempt must end: `killing.reason` is the `Failure` to report (timeout, cancelled). */
  readonly killing: AbortSignal
  /**
   * The same as `killing` without creating an `AbortSignal`, which is costly: calls back once with the reason, immediately if
   * it is already aborted.
   */
  readonly onEnd?: (callback: (reason: unknown) => void) => Cancel
  /** 1 for the first try. */
  readonly attempt: number
  /** The record's id, see `--id`. */
  readonly id: string
  /** Told who has answered, and for how many milliseconds they want no other call, if they say so. */
  answered?(by: string, asksToWait: number | undefined): void
  /** The place among the running calls, for who waits before the call is made. */
  readonly slot?: Slot | undefined
}

/** The output lines of a call, each ending in a newline. */
export type Result = readonly Buffer[] & {
  /** They count only when this settles without a failure. */
  readonly verdict?: Promise<Failure | undefined>
  /** The worker takes no other record before `verdict` settles, so its slot is not free before then either. */
  readonly keepsPlace?: boolean
}

/**
 * One attempt at turning a record into others.
 * Rejects with a `Failure`; it settles only when nothing of the attempt is left running.
 */
export type Call = (line: Line, context: CallContext) => Promise<Result>

/** The result of a call that wants the record left out, which is counted as filtered; none at all is a delivered record. */
export const dropped: readonly Buffer[] = []
