import type { CheckRule, Violation } from './rule.js'

/** A record that violates a rule, for people to look at. */
export type ViolationExample = Violation & { readonly file: string | undefined; readonly line: number }

/** What became of a rule. */
export class RuleFinding {
  /** Records that the rule said something about: one that is about a field says nothing of records without it. */
  checked = 0
  /** Records that violate it. */
  violations = 0
  /** The first violations, a few. */
  readonly examples: ViolationExample[] = []
  /** What is wrong with the input as a whole. */
  problem: string | undefined
  /** It says something about the whole input, and that is not over, or was cut short. */
  isOpen = false

  constructor(
    readonly name: string,
    /** It cannot make the check fail. */
    readonly warns: boolean,
  ) {}

  get isViolated(): boolean {
    return this.violations > 0 || this.problem !== undefined
  }

  note(violations: readonly Violation[], file: string | undefined, line: number): void {
    this.violations++
    for (const violation of violations) {
      if (this.examples.length < mostExamples) this.examples.push({ ...violation, file, line })
    }
  }
}

/** What is remembered of a rule's violations. */
export const mostExamples = 10

/** What a check has found so far; the same object before, during and after it. */
export type CheckFindings = {
  readonly rules: readonly CheckRule[]
  /** Lines that are no JSON. */
  readonly json: RuleFinding
  /** Records that failed, but for those whose violations are all of rules that count alone. */
  failed: number
  /** One for each rule. */
  readonly byRule: readonly RuleFinding[]
}

/** Nothing found yet about these rules: hand it to `check`, and read it when the input is over. */
export const createFindings = (rules: readonly CheckRule[]): CheckFindings => ({
  rules,
  json: new RuleFinding('json', false),
  failed: 0,
  byRule: rules.map(({ name, warn }) => new RuleFinding(name, warn === true)),
})
