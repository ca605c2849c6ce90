import type { CallContext } from '../../calls/call.js'
import type { Source } from '../../core/io/input.js'
import type { Receipt } from '../../core/io/output.js'
import type { Ledger } from '../../core/ledger.js'
import type { Line } from '../../core/lines.js'
import type { CreateProcessor } from '../../core/processor.js'
import type { RunOptions } from '../../core/run.js'
import type { FailureSink } from '../../core/stage.js'
import type { DeadLetters } from '../../stores/dead-letters/append.js'
import type { Route } from '../../stores/dead-letters/routes.js'
import type { StoreError } from '../../stores/store-error.js'
import type { CommonOptions } from '../common-options.js'
import type { Messages } from '../messages.js'
import type { NamedFiles } from './check-files.js'

/** Runs a command that processes no stream; returns the exit code. */
export type Action = () => Promise<number>

/** A processor with everything needed to run it, alone (`runStream`) or in a pipeline. */
export type Stage = {
  readonly command: string
  readonly options: CommonOptions
  readonly files: readonly string[]
  /**
   * Before anything is read: finds what must be there (secrets, programs, folders). Throws a `UsageError`, `StartError` or
   * `StoreError`.
   */
  readonly begin?: (() => void | Promise<void>) | undefined
  /** Remembers what was done, so that another run can go on; a test of a job does without. */
  readonly journal?: StageJournal | undefined
  readonly create: CreateProcessor<Shared>
  /** The words after `--`, to find a FILE that was put on the wrong side. */
  readonly rest?: readonly string[] | undefined
  /** How long running work needs to end after it was asked to, in milliseconds: part of `--drain`. */
  readonly killAfter?: number
  /** Ends everything that was started, at once: for a second signal. */
  readonly killNow?: () => void
  /** Other files that are written, by flag: none of them may be the input. */
  readonly writes?: NamedFiles
  /** Files that are read beside the records, by flag. */
  readonly reads?: NamedFiles
  /** This file takes all failures, also those of earlier stages; `--dlq` does the same for a command's own. */
  readonly deadLetters?: string
  /** Files for some of these failures. */
  readonly routes?: readonly Route[]
  /** All FILEs are read at the same time, see `RunOptions.together`. */
  readonly together?: RunOptions['together']
  /** When all is written and accounted for. Throws a `StoreError`. */
  readonly finish?: () => Promise<void>
  /** Opens the FILE in a way of its own. */
  readonly open?: () => Promise<Source>
  /** Takes the failures in the place of `--dlq` and the like. */
  readonly sink?: (tools: SinkTools) => ClosableSink
  /** Says where failures are kept; `--dlq` unless given. */
  readonly kept?: string
  /** Reports the verdict of the run and returns its exit codes, instead of `--tolerate`. */
  readonly conclude?: (end: RunEnd) => readonly number[]
  /** Whether any of what failed can be replayed; it can unless given. */
  readonly replayable?: () => boolean
  /** Where results go beside standard output. */
  readonly outputs?: Outputs
}

export type StageJournal = {
  readonly path: string
  /**
   * Before anything is read: opens the files, for these inputs and what stands before the step, and goes on with an earlier run when the
   * step or the job says so. Throws a `UsageError` or `StoreError`.
   */
  open(files: readonly string[], before: readonly string[], resume: Resume): Promise<void>
  /** A step before this one: records that have an outcome pass by it. */
  passBy(step: NamedStep, create: CreateProcessor<Shared>): CreateProcessor<Shared>
  /** When all is written and accounted for. Throws a `StoreError`. */
  close(): Promise<void>
}

export type NamedStep = { readonly name: string; readonly command: string }

/** How a run goes on where an earlier one ended. */
export type Resume = {
  readonly resume?: true
  readonly resumeAnyway?: true
  readonly resumeFailed?: true
}

export type Outputs = {
  /** Called when everything is written, with the exit code so far; returns that of the outputs. */
  settle(exit: number, messages: Messages): Promise<number>
  readonly bytesWritten: number
}

/** A run that is over. */
export type RunEnd = {
  readonly ledger: Ledger
  /** The input was not read to its end. */
  readonly isCut: boolean
  /** True if the reader has closed standard output: then reports are not printed. */
  readonly isClosed: boolean
  readonly seconds: number
  /** When it began, wall clock in milliseconds. */
  readonly started: number
  readonly messages: Messages
}

export type SinkTools = {
  readonly messages: Messages
  /** Ends the run: the sink has failed. */
  readonly fail: (error: StoreError) => void
}

export type ClosableSink = FailureSink & { close(): Promise<void> }

/** What a command's processor may use of the run's outfit. */
export type Shared = {
  readonly messages: Messages
  readonly id: (line: Line) => string
  /** Whether a record was a line of text, see `--raw-input`. */
  readonly isText: (line: Line) => boolean
  readonly deadLetters: DeadLetters | undefined
  /** The outcome of records whose result is not emitted but taken elsewhere. */
  readonly taken: Receipt
  /** The outcome of failure records of earlier stages that are kept. */
  readonly keptUpstream: Receipt
  /** Something is wrong that no record has to do with: the run exits with 1. */
  blame(): void
  /** Adds a receipt that is also notified of what the output accepts; `taken` is called after each write of the output. */
  watch(results: Receipt, taken?: () => void): void
  /** Asked before each call: false, and none is made any more. */
  readonly mayCall?: () => boolean
  /** In the test of a job, where nothing outside this program is reached. */
  readonly rehearsal?: Rehearsal
}

export type Rehearsal = {
  /** The output of what would be called, for this record if it is for one; rejects with a `Failure`. */
  call(context: CallContext, line?: Line): Promise<Buffer>
  /** The test says what calls come to, also those that would reach nothing outside. */
  readonly isFaked: boolean
  /** Real work of this program: the fake time stands still until it is done. */
  real<T>(work: Promise<T>): Promise<T>
  /** Where a file lies that the step would write at this path. */
  move(path: string): string
}
