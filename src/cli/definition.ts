import type { Option } from 'commander'
import type { Expression } from '../core/expressions/parse.js'
import type { Words } from './help/words.js'
import type { Action, Stage } from './stream/stage.js'
import type { ValueParser } from './values/value-parser.js'

/** A subcommand as data, so that help, completion, `main` and a pipeline file read the same thing. */
export type Definition = {
  readonly words: Words
  readonly operands?: readonly Operand[]
  /** Its own options; those of every command are added by the driver. */
  readonly options?: readonly Option[]
  /** `none`: it reads no records, so it knows its own options alone. */
  readonly common?: 'none'
  /** Options of every command that make no sense here, by flag, and why. */
  readonly refuses?: Readonly<Record<string, string>>
  /** True: the words after `--` are a program to call; otherwise they are operands that may begin with a dash. */
  readonly takesCommand?: true
  /** Operands of a step in a job file, by name; those of the command line that take one word unless given. */
  readonly stepOperands?: readonly Operand[]
  /**
   * In a job file the step has branches in the place of its own options and operands: what the command makes of them, see
   * `prepare`.
   */
  prepareBranches?(branches: readonly StepBranch[], invocation: Invocation): Stage
  /** Subcommands with pages of their own: `dlq stats`. */
  readonly verbs?: readonly Definition[]
  /**
   * Checks everything that can be checked without touching the world and says what is to be run. It reads, writes, locks and
   * creates nothing. Throws a `UsageError`.
   */
  prepare(invocation: Invocation): Stage | Action
}

/** A branch of a step in a job file. */
export type StepBranch = {
  readonly name: string
  /** Undefined: it takes all that are left. */
  readonly where: Expression | undefined
  /** No step and no file takes its records. */
  readonly isDropped: boolean
}

export type Operand = {
  /** As in the usage line: `<n>` is required, `[files...]` takes all that follow. */
  readonly name: string
  readonly description: string
  readonly parse?: ValueParser<unknown> | undefined
}

/** A command line, or a step of a pipeline file, after the parsers. */
export type Invocation<Flags = object> = {
  readonly operands: readonly unknown[]
  readonly flags: Flags
  /** The words after the first `--`: the user's command, verbatim; undefined without a `--`. */
  readonly rest: readonly string[] | undefined
  /** All commands, for those that run others. */
  readonly commands?: CommandTable
}

/** What a file in `src/commands/` exports. */
export type CommandModule = { readonly define: () => Definition }

/** The commands by name, each evaluated when it is asked for. */
export type CommandTable = Readonly<Record<string, () => CommandModule>>

export const operand = (name: string, description = '', parse?: ValueParser<unknown>): Operand => ({
  name,
  description,
  parse,
})
