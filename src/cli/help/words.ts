import type { ExitName } from '../exit-codes.js'

export type Example = {
  /** A shell command line that the tests run. */
  readonly run: string
  readonly note: string
}

export type Words = {
  /** A verb of a command is named with it: `dlq stats`. */
  readonly name: string
  /** One line: what it is for. */
  readonly purpose: string
  readonly examples: readonly Example[]
  /** Operands as shown in the usage line, as `N [FILE...]`. */
  readonly usage: string
  readonly notes?: string
  /** Those that its options do not bring with them. */
  readonly exit?: readonly ExitName[]
  readonly seeAlso: readonly string[]
}
