import type { Clock } from './clock.js'
import type { Attempts, Failure } from './failure.js'
import type { Line, Lines } from './lines.js'
import type { StopCode } from './stop-codes.js'

/**
 * Passes lines on, in this order; any time until `end` has settled. A returned promise asks to hold back until it
 * settles: awaiting it is what bounds memory.
 * `records` is how many records of the input these lines settle: 1 line of a batch settles all its elements.
 */
export type Emit = (lines: Lines, records?: number) => void | Promise<void>

/** What a processor may do to the world around it. */
export type Context = {
  readonly emit: Emit
  /** Gives up on one record and says why. Where it goes is decided outside. */
  reject(line: Line, failure: Failure, attempts?: Attempts): void
  /**
   * A line of the running `push`, not one that is given back, stands for so many records instead of one: all of them are
   * then emitted, filtered or rejected. Without it a line is a record.
   */
  holds?(records: number): void
  /**
   * Leaves a line, and so many records in it, to the next run: the run was cut before anything was done for it. Whoever cannot
   * be told rejects it as `cancelled`.
   */
  readonly leave?: ((line: Line, records: number) => void) | undefined
  /** Drops so many records on purpose; they are counted. `number` is the line they stand on, when that is one line. */
  filter(records: number, number?: number): void
  /**
   * Gives back the last lines of the running `push`, before it returns: they count as not read and come again, once its
   * promise has settled.
   */
  giveBack(lines: Lines): void
  /** No more input is wanted; with a reason, because something is wrong. */
  stop(reason?: Stop): void
  /** Puts an observation on the event stream: `retry`, `throttle.wait`, … Nothing of a record's content. */
  event(type: string, facts?: Readonly<Record<string, unknown>>): void
  readonly clock: Clock
  /** Aborted when the run must end early: what only waits settles at once as `cancelled`. */
  readonly stopping: AbortSignal
  /** Aborted when running work must end now. */
  readonly killing: AbortSignal
}

/** Why a processor ends the run: the exit code and what to tell the user. */
export type Stop = {
  readonly exit: StopCode
  readonly message: string
}

/** What happens to lines. */
export type Processor = {
  /**
   * True: when `push` has returned, no bytes of what was pushed are held but by what was emitted. Once that is written, the
   * same memory takes the next bytes: fresh memory costs a fifth of the time from file to file.
   */
  readonly holdsNothing?: true
  /** True: reading goes on while the output is full, as far as `push` takes more. */
  readonly readsAhead?: true
  /** Before anything is read; a returned promise holds back the first read. */
  start?(): void | Promise<void>
  /** A returned promise holds back the next lines. What cannot be taken now is given back, see `Context.giveBack`. */
  push(lines: Lines): void | Promise<void>
  /** Failure records from upstream; without it they are passed on untouched, past the processor. */
  failures?(lines: Lines): void | Promise<void>
  /** The input is over: emit what is still held. */
  end?(): void | Promise<void>
}

export type CreateProcessor<Options> = (options: Options, context: Context) => Processor
