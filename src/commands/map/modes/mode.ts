import type { Call } from '../../../calls/call.js'
import type { Silence } from '../../../calls/silence.js'
import type { Shared } from '../../../cli/stream/stage.js'
import type { Line } from '../../../core/lines.js'
import type { Context, Processor } from '../../../core/processor.js'
import type { CreateSlow } from '../../../processors/map/runs.js'

/** One way to make a call for a record: a command, a worker, an HTTP request, a script. */
export type Mode = {
  /** What would be called for a record, as a JSON value, for `--dry-run`; throws a `Failure` for a record that cannot be used. */
  describe(line: Line): unknown
  /** Calls that one place among `--concurrency` takes at once; 1 unless given. */
  readonly inFlight?: number
  /** Before anything else: reads secrets, looks for programs and files. Throws a `UsageError` or `StartError`. */
  begin?(): void
  /** It ends calls that take too long itself: they do not all have the same time. */
  readonly keepsTime?: true
  /** Before anything is read: throws a `UsageError` or `StartError` when it cannot begin. */
  start?(): Promise<void>
  /** It runs in this program and reaches nothing outside by itself. */
  readonly runsHere?: true
  /** One attempt, without timeout and retries. */
  create(shared: Shared, context: Context): Call
  /**
   * The same as a processor of its own, for when nothing is asked for that needs a call per record; undefined: it does.
   * `createSlow` makes the usual one for what comes after a refusal; `silence` is to be told of calls.
   */
  createFast?(shared: Shared, context: Context, createSlow: CreateSlow, silence?: Silence): Processor | undefined
  /** Makes ready for the first attempts, whose timeout begins afterwards; undefined: that is done. */
  load?(context: Context): Promise<void> | undefined
  /** The service that a record calls; by default the same for all. Throws a `Failure` if the record does not say. */
  serviceOf?(line: Line): string
  /** Further tries when the user says nothing about them; 0 unless given. */
  readonly retries?: number
  /** What may be wrong when none of its calls has ever been answered. */
  readonly doubt?: { readonly of: string; readonly why: string }
  /** Ends everything that runs, at once. */
  killNow(): void
  /** Lets go of what outlives a single call (workers, connections); everything has settled by then. */
  close?(): void | Promise<void>
}
