import type { Clock } from './clock.js'
import type { Attempts, Failure } from './failure.js'
import type { Line, Lines } from './lines.js'
import type { StopCode } from './stop-codes.js'

/**
 * Emits lines, in this order; may be called until `end` has settled. If it returns a promise, await it before emitting more:
 * that is what bounds memory.
 * `records` is the number of input records that these lines settle: the one line of a batch settles all its elements.
 */
export type Emit = (lines: Lines, records?: number) => void | Promise<void>

/** Called when the failure record was taken; `already`: an earlier run has it, and it is counted only. */
export type Kept = (() => void) | 'already'

/** What a processor can do besides returning: emit, reject, count and stop. */
export type Context = {
  readonly emit: Emit
  /** Other ways for its records, in the place of `emit`, if it was given any. */
  readonly branches?: readonly Emit[]
  /** Rejects one record with the reason. The caller decides where its failure record goes. */
  reject(line: Line, failure: Failure, attempts?: Attempts, kept?: Kept): void
  /**
   * Says that a line of the current `push` (not one that is given back) counts as this many records instead of one. All of
   * them must then be emitted, filtered or rejected. By default a line is one record.
   */
  holds?(records: number): void
  /**
   * Leaves a line, and the records in it, to the next run, because the run was stopped before anything was done for it. If it
   * is undefined, reject the line as `cancelled` instead.
   */
  readonly leave?: ((line: Line, records: number) => void) | undefined
  /** Counts this many records as filtered. `number` is their line number, if they are all on one line. */
  filter(records: number, number?: number): void
  /**
   * Gives back the last lines of the current `push`, before it returns: they count as not read and are pushed again when its
   * promise has settled.
   */
  giveBack(lines: Lines): void
  /** Ends the input: no more lines are needed. With a reason: something is wrong, and the run stops with its exit code. */
  stop(reason?: Stop): void
  /** Publishes an event: `retry`, `throttle.wait`, … It must not contain data of records. */
  event(type: string, facts?: Readonly<Record<string, unknown>>): void
  readonly clock: Clock
  /** Aborted when the run must end early: waiting records are settled at once as `cancelled`. */
  readonly stopping: AbortSignal
  /** Aborted when running work must end now. */
  readonly killing: AbortSignal
}

/** Why a processor stops the run: the exit code and the message for the user. */
export type Stop = {
  readonly exit: StopCode
  readonly message: string
}

/** Processes lines. */
export type Processor = {
  /**
   * True: when `push` has returned, only emitted lines still refer to the bytes that were pushed. Once those are written, the
   * memory is reused for the next read: fresh memory costs a fifth of the time from file to file.
   */
  readonly holdsNothing?: true
  /** True: reading continues while the output is full, as long as `push` accepts more. */
  readonly readsAhead?: true
  /** Called before anything is read; a returned promise delays the first read. */
  start?(): void | Promise<void>
  /** Takes lines. A returned promise delays the next ones. Lines that cannot be taken now are given back, see `Context.giveBack`. */
  push(lines: Lines): void | Promise<void>
  /** Takes failure records of earlier stages; without it they pass by the processor unchanged. */
  failures?(lines: Lines): void | Promise<void>
  /** Called at the end of the input: emit everything that is still held. */
  end?(): void | Promise<void>
}

export type CreateProcessor<Options> = (options: Options, context: Context) => Processor
