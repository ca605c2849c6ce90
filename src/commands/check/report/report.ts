import { formatCount } from '../../../cli/format.js'
import type { CountOrShare } from '../../../cli/values/percentage.js'
import type { ViolationExample } from '../../../processors/check/findings.js'

/** What a check has found, for reports of any format. */
export type CheckReport = {
  /** Records that were read. */
  readonly records: number
  readonly failed: number
  /** Nothing is violated beyond what is tolerated. */
  readonly isGood: boolean
  /** The input was not read to its end. */
  readonly isCut: boolean
  readonly seconds: number
  /** Wall clock in milliseconds when it began. */
  readonly started: number
  readonly stage: string | undefined
  readonly rules: readonly RuleReport[]
}

/** `open`: it is about the whole input, which was cut short. */
export type RuleStatus = 'passed' | 'tolerated' | 'warning' | 'violated' | 'open'

export type RuleReport = {
  readonly name: string
  readonly status: RuleStatus
  /** Records that it said something about. */
  readonly checked: number
  readonly violations: number
  readonly tolerated: CountOrShare | undefined
  /** What is wrong with the input as a whole. */
  readonly problem: string | undefined
  readonly examples: readonly ViolationExample[]
}

/** Where an example is: `orders.ndjson:12`, or `line 12` of standard input. */
export const describePlace = ({ file, line }: ViolationExample): string =>
  file === undefined ? `line ${line}` : `${file}:${line}`

/** How often a rule was violated, in words: `17 violations (1.4%), 2% tolerated`. */
export const describeViolations = ({ violations, tolerated }: RuleReport, records: number): string => {
  if (violations === 0) return ''
  const share = records === 0 ? '' : ` (${describeShare(violations / records)})`
  const limit = tolerated === undefined ? '' : `, ${describeLimit(tolerated)} tolerated`
  return `${formatCount(violations)} ${violations === 1 ? 'violation' : 'violations'}${share}${limit}`
}

/** What is not shown of the violations. */
export const countRest = ({ violations, examples }: RuleReport, shown: number): number => {
  const told = new Set(examples.slice(0, shown).map(describePlace))
  return Math.max(0, violations - told.size)
}

/** Less than a tenth of a percent is not nothing. */
const describeShare = (share: number): string => {
  const percent = share * 100
  return percent < 0.1 ? '<0.1%' : `${Math.round(percent * 10) / 10}%`
}

export const describeLimit = (limit: CountOrShare): string =>
  'count' in limit ? String(limit.count) : `${Number((limit.share * 100).toPrecision(12))}%`
