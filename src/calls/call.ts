import type { Cancel } from '../core/clock.js'
import type { Line } from '../core/lines.js'

export type CallContext = {
  /** Aborted when this attempt must end: `signal.reason` is the `Failure` to report (timeout, cancelled). */
  readonly signal: AbortSignal
  /** 1 for the first try. */
  readonly attempt: number
  /** The record's id, see `--id`. */
  readonly id: string
  /** As `signal`, but cheap: a signal costs more than a fast call. Use `onEnd`, which knows what to do without it. */
  readonly onEnd?: (callback: (reason: unknown) => void) => Cancel
}

/**
 * One attempt at turning a record into others: the output lines, each ending in a newline.
 * Rejects with a `Failure`; it settles only when nothing of the attempt is left running.
 */
export type Call = (line: Line, context: CallContext) => Promise<readonly Buffer[]>

/** The result of a call that wants the record left out, which is counted as filtered; none at all is a delivered record. */
export const dropped: readonly Buffer[] = []
