import type { Stage } from '../../cli/stream/stage.js'
import type { Expression } from '../../core/expressions/parse.js'
import type { Place } from './node.js'

/** A step as a command line, and what the command makes of it. */
export type JobStep = {
  readonly name: string
  readonly command: string
  readonly place: Place
  readonly words: StepWords
  /** Other ways for its records than the next step, in the order in which they are tried. */
  readonly branches: readonly JobBranch[]
  readonly stage: Stage
  /** The same step with other values for some flags: `--state`. Throws a `UsageError`. */
  prepareWith(flags: Readonly<Record<string, string>>): Stage
}

export type StepWords = {
  readonly flags: readonly string[]
  readonly operands: readonly string[]
  /** Behind `--`. */
  readonly rest: readonly string[] | undefined
}

/** A way of its own for some of the records of a step. */
export type JobBranch = {
  readonly name: string
  readonly place: Place
  /** Undefined: it takes all that are left. */
  readonly where: Expression | undefined
  readonly steps: readonly JobStep[]
  readonly end: BranchEnd
}

/**
 * What becomes of records at the end of a branch. `dlq`: its last step rejects what it gets; `none`: its last step has branches
 * that take all.
 */
export type BranchEnd =
  | { readonly kind: 'file'; readonly path: string; readonly append: boolean }
  | { readonly kind: 'dlq'; readonly path: string }
  | { readonly kind: 'drop' | 'none' }

/** All steps in the order of the file: those of a branch come right after the step that it branches off. */
export const listSteps = (line: readonly JobStep[]): readonly JobStep[] =>
  line.flatMap(step => [step, ...step.branches.flatMap(({ steps }) => listSteps(steps))])

/** All branches in the order of the file. */
export const listBranches = (line: readonly JobStep[]): readonly JobBranch[] =>
  line.flatMap(({ branches }) => branches.flatMap(branch => [branch, ...listBranches(branch.steps)]))

/** For each end, the steps that a record passes on its way there. */
export const listLines = (line: readonly JobStep[]): readonly (readonly JobStep[])[] => [
  line,
  ...line.flatMap(({ branches }, index) =>
    branches.flatMap(({ steps }) => listLines(steps).map(rest => [...line.slice(0, index + 1), ...rest])),
  ),
]

/** The branch that leaves no record for what comes after the step. */
export const takesAll = ({ branches }: JobStep): JobBranch | undefined =>
  branches.find(({ where }) => where === undefined)
