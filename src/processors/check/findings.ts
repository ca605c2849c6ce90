import type { CheckRule, Violation } from './rule.js'

/** A record that violates a rule, as an example in reports. */
export type ViolationExample = Violation & { readonly file: string | undefined; readonly line: number }

/** The result of a rule. */
export class RuleFinding {
  /** Number of records the rule was checked for: a rule about a field is not checked for records without the field. */
  checked = 0
  /** Number of records that violate it. */
  violations = 0
  /** The first few violations. */
  readonly examples: ViolationExample[] = []
  /** What is wrong with the input as a whole. */
  problem: string | undefined
  /** True if the rule is about the whole input, and the input has not ended or was cut short. */
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

/** Maximum number of remembered violations per rule. */
export const mostExamples = 10

/** What a check has found so far; the same object is updated during the check. */
export type CheckFindings = {
  readonly rules: readonly CheckRule[]
  /** Lines that are not valid JSON. */
  readonly json: RuleFinding
  /** Number of failed records, except those that violate only rules with `countsAlone`. */
  failed: number
  /** One for each rule. */
  readonly byRule: readonly RuleFinding[]
}

/** Creates empty findings for these rules: pass them to `check`, and read them at the end of the input. */
export const createFindings = (rules: readonly CheckRule[]): CheckFindings => ({
  rules,
  json: new RuleFinding('json', false),
  failed: 0,
  byRule: rules.map(({ name, warn }) => new RuleFinding(name, warn === true)),
})
