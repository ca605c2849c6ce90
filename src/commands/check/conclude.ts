import { appendFileSync } from 'node:fs'
import { createChalk } from '../../cli/color.js'
import { exitCodes } from '../../cli/exit-codes.js'
import type { Messages } from '../../cli/messages.js'
import { isWithin } from '../../cli/stream/failure-limits.js'
import type { RunEnd } from '../../cli/stream/stage.js'
import { writeFile } from '../../cli/stream/write-file.js'
import type { CountOrShare } from '../../cli/values/percentage.js'
import { nobody } from '../../core/io/output.js'
import { describeSystemError } from '../../core/io/system-error.js'
import type { Ledger } from '../../core/ledger.js'
import { Lines } from '../../core/lines.js'
import type { CheckFindings, RuleFinding } from '../../processors/check/findings.js'
import type { CheckFlags } from './flags.js'
import type { ListedRule } from './list-rules.js'
import type { ReportOutlet } from './report/choose.js'
import { writeAnnotations, writeSummaryTable } from './report/github.js'
import { writeJson } from './report/json.js'
import { writeJunit } from './report/junit.js'
import type { CheckReport, RuleReport } from './report/report.js'
import { writeText } from './report/text.js'

type Check = {
  readonly flags: CheckFlags
  readonly rules: readonly ListedRule[]
  readonly findings: CheckFindings
  /** `--tolerate` without a rule. */
  readonly general: CountOrShare
  /** That of lines that are not valid JSON. */
  readonly jsonLimit: CountOrShare | undefined
  readonly outlets: readonly ReportOutlet[]
}

/** At the end of a run: writes the reports and returns the exit codes. */
export const concludeCheck =
  (check: Check) =>
  (end: RunEnd): readonly number[] => {
    const report = createReport(check, end)
    const isTold = tellReports(check, report, end)
    return [report.isGood ? exitCodes.ok.code : exitCodes.failures.code, isTold ? exitCodes.ok.code : exitCodes.io.code]
  }

const createReport = (check: Check, { ledger, isCut, seconds, started }: RunEnd): CheckReport => {
  const { findings, general, jsonLimit, flags } = check
  // Failed records that no rule answers for by itself.
  const isWithinAll =
    flags.inline === true ||
    isWithin(general, findings.failed - (jsonLimit === undefined ? 0 : findings.json.violations), ledger.read)
  const rules = [
    reportJson(check, ledger, isWithinAll),
    ...(ledger.upstream === 0 ? [] : [reportUpstream(ledger)]),
    ...check.rules.map((rule, index) =>
      reportRule(findings.byRule[index] as RuleFinding, rule, ledger.read, isWithinAll, flags.inline === true),
    ),
  ]
  return {
    records: ledger.read,
    failed: ledger.rejected,
    isGood: rules.every(({ status }) => status !== 'violated'),
    isCut,
    seconds,
    started,
    stage: flags.stage,
    rules,
  }
}

const reportRule = (
  finding: RuleFinding,
  { name, limit, warn }: Pick<ListedRule, 'name' | 'limit' | 'warn'>,
  records: number,
  isWithinAll: boolean,
  isHandedOn: boolean,
): RuleReport => {
  const { checked, violations, problem, examples, isOpen } = finding
  const isTolerated = limit === undefined ? isWithinAll : isHandedOn || isWithin(limit, violations, records)
  const isBad = problem !== undefined || (violations > 0 && !isTolerated)
  const status = isBad
    ? warn === true
      ? 'warning'
      : 'violated'
    : violations > 0
      ? warn === true
        ? 'warning'
        : 'tolerated'
      : isOpen
        ? 'open'
        : 'passed'
  return { name, status, checked, violations, tolerated: limit, problem, examples }
}

/** Lines that are too long to be parsed violate the rule `json`, and are never tolerated. */
const reportJson = ({ findings, jsonLimit }: Check, ledger: Ledger, isWithinAll: boolean): RuleReport => {
  const tooLong = ledger.byKind.get('too_long') ?? 0
  const report = reportRule(
    findings.json,
    { name: 'json', limit: jsonLimit, warn: false },
    ledger.read,
    isWithinAll,
    false,
  )
  if (tooLong === 0) return report
  const problem = `${tooLong} ${tooLong === 1 ? 'line is' : 'lines are'} longer than --max-line`
  return { ...report, status: 'violated', problem, checked: report.checked + tooLong }
}

const reportUpstream = ({ upstream }: Ledger): RuleReport => ({
  name: 'failures',
  status: 'violated',
  checked: upstream,
  violations: upstream,
  tolerated: undefined,
  problem: `${upstream} failure records of earlier stages (--no-failures-in treats them as records)`,
  examples: [],
})

const tellReports = ({ flags, outlets }: Check, report: CheckReport, { messages, isClosed }: RunEnd): boolean => {
  let isTold = true
  const attempt = (what: string, write: () => void) => {
    try {
      write()
    } catch (error) {
      isTold = false
      messages.error(`Cannot write ${what}: ${describeSystemError(error, 'folder')}`)
    }
  }
  for (const { format, path } of chooseOutlets(flags, outlets, report, messages)) {
    if (path !== undefined) {
      attempt(`the report to ${path}`, () => writeFile(path, Buffer.from(writeReport(format, report))))
    } else if (!isClosed) {
      const text = format === 'text' ? writeOnStandardError(report, flags, messages) : writeReport(format, report)
      messages.output.write(Lines.of(Buffer.from(text), 0), 0, nobody)
    }
    const summary = process.env.GITHUB_STEP_SUMMARY
    if (format === 'github' && summary) {
      attempt('$GITHUB_STEP_SUMMARY', () => appendFileSync(summary, writeSummaryTable(report, mostSummary)))
    }
  }
  return isTold
}

const mostSummary = 64 * 1024

/** Without --report, a terminal gets a text report; otherwise there is one only if a rule is violated. */
const chooseOutlets = (
  { quiet }: CheckFlags,
  outlets: readonly ReportOutlet[],
  { rules }: CheckReport,
  { isTerminal }: Messages,
): readonly ReportOutlet[] => {
  const isSilent = quiet === true || (!isTerminal && rules.every(({ status }) => status === 'passed'))
  return outlets.length > 0 || isSilent ? outlets : [{ format: 'text', path: undefined }]
}

const writeReport = (format: ReportOutlet['format'], report: CheckReport): string => {
  switch (format) {
    case 'text':
      return writeText(report, Number.POSITIVE_INFINITY, undefined)
    case 'json':
      return writeJson(report)
    case 'junit':
      return writeJunit(report)
    case 'github':
      return writeAnnotations(report, process.env.GITHUB_WORKSPACE)
  }
}

const writeOnStandardError = (report: CheckReport, { color }: CheckFlags, { isTerminal }: Messages): string =>
  writeText(
    report,
    isTerminal ? process.stderr.columns || 80 : Number.POSITIVE_INFINITY,
    createChalk(color, isTerminal, process.env),
  )
