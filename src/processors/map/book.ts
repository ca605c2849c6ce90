import type { Attempts, Failure } from '../../core/failure.js'
import type { Line, Lines } from '../../core/lines.js'
import type { Kept } from '../../core/processor.js'
import type { ItemOutcome } from './batch-items.js'

/** What has become of a record. */
export type KnownOutcome =
  | { readonly lines: Lines }
  | { readonly items: ItemOutcome; readonly attempts: Attempts | undefined; readonly kept?: Kept }
  | { readonly filtered: true }
  | FailedOutcome

export type FailedOutcome = {
  readonly failure: Failure
  readonly attempts: Attempts | undefined
  /** What is known of its failure record from an earlier run. */
  readonly kept?: Kept
}

/** Outcomes that outlive the run: a record that has one is not called again. */
export type Book = {
  /** The outcome of an earlier run; undefined: there is none. */
  recall(line: Line): KnownOutcome | undefined
  /** The results that an earlier run has for the first of these lines: one line each. */
  recallRun(lines: Lines): Lines
  /** Writes an outcome down, then calls `written`. */
  note(line: Line, outcome: KnownOutcome, attempts: Attempts | undefined, written: () => void): void
  /** To be told of each of so many failure records of a line that was taken. */
  awaitKept(line: Line, count: number): () => void
  /** Everything is settled. */
  end(): void
}
