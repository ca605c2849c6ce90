import { isUtf8 } from 'node:buffer'
import { Failure } from '../core/failure.js'
import type { Path } from '../core/json/path.js'
import { parseFailure } from '../core/json/record-failures.js'
import { Rows } from '../core/json/rows.js'
import { depthLimit } from '../core/json/scan.js'
import type { Lines } from '../core/lines.js'
import { Neighbours } from '../core/neighbours.js'
import type { CreateProcessor } from '../core/processor.js'
import { createExaminer } from './check/examiner.js'
import type { CheckFindings, RuleFinding } from './check/findings.js'
import { type CountRule, type Examiner, type Violation, verdicts } from './check/rule.js'

export type CheckOptions = {
  /** The rules, and the counts of their violations. */
  readonly findings: CheckFindings
  /** A failure lists everything that is wrong with its record, instead of only the first problem. */
  readonly allErrors?: boolean
}

/**
 * Passes on records that violate no rule. Rejects the others as `schema`, with the path, the type of the value and the rule, and
 * a line that is not valid JSON as `parse`.
 */
export const createCheck: CreateProcessor<CheckOptions> = ({ findings, allErrors = false }, context) => {
  const { json } = findings
  const paths: Path[] = []
  const atWork = findings.rules.flatMap((rule, index): AtWork[] => {
    const finding = findings.byRule[index] as RuleFinding
    finding.isOpen = rule.kind === 'count'
    if (rule.kind === 'count') return []
    const examiner = createExaminer(rule, path => paths.push(path) - 1)
    finding.isOpen = examiner.conclude !== undefined
    return [{ examiner, finding, countsAlone: rule.countsAlone === true }]
  })
  const rows = new Rows(paths)
  /** The verdict of each rule about the current record. */
  const judged = new Uint8Array(atWork.length)
  let read = 0

  /** All rules are schemas: only the parsed value is needed, and a line is scanned only if JSON.parse is not enough. */
  const onlySchemas = atWork.length > 0 && atWork.every(({ examiner }) => examiner.judge !== undefined)

  const complain = (lines: Lines, index: number, row: number): Failure | undefined => {
    const number = lines.number + index
    const complaints: Complaint[] = []
    let isCounted = false
    for (const [at, one] of atWork.entries()) {
      if (judged[at] !== verdicts.bad) continue
      const violations = one.examiner.describe(lines.bytes, rows, row)
      one.finding.note(violations, lines.file, number)
      if (one.finding.warns) continue
      if (!one.countsAlone) isCounted = true
      for (const violation of violations) complaints.push({ rule: one.finding.name, ...violation })
    }
    if (isCounted) findings.failed++
    return complaints.length === 0 ? undefined : createFailure(allErrors ? complaints : complaints.slice(0, 1))
  }

  const examineRow = (lines: Lines, index: number): Failure | undefined => {
    const row = rows.find(lines, index)
    if (rows.good[row] === 0) return refuse(lines, index)
    let isBad = false
    for (let at = 0; at < atWork.length; at++) {
      const one = atWork[at] as AtWork
      const verdict = one.examiner.examine(lines.bytes, rows, row)
      judged[at] = verdict
      if (verdict !== verdicts.silent) one.finding.checked++
      if (verdict === verdicts.bad) isBad = true
    }
    return isBad ? complain(lines, index, row) : undefined
  }

  const examineValue = (lines: Lines, index: number): Failure | undefined => {
    const start = lines.start(index)
    const end = lines.end(index)
    // Such a line may be nested too deeply, which JSON.parse accepts.
    if (end - start > 2 * depthLimit) return examineRow(lines, index)
    let value: unknown
    try {
      value = JSON.parse(lines.bytes.toString('utf8', start, end))
    } catch {
      return refuse(lines, index)
    }
    let isBad = false
    for (let at = 0; at < atWork.length; at++) {
      const one = atWork[at] as AtWork
      one.finding.checked++
      const verdict = one.examiner.judge?.(value) ?? verdicts.silent
      judged[at] = verdict
      if (verdict === verdicts.bad) isBad = true
    }
    return isBad ? complain(lines, index, 0) : undefined
  }

  const refuse = (lines: Lines, index: number): Failure => {
    const failure = parseFailure(lines.at(index))
    const message = failure.message.replace(/^Line \d+, c/, 'C')
    findings.failed++
    json.note([{ path: '.', type: 'missing', message: `not valid JSON: ${message}` }], lines.file, lines.number + index)
    return failure
  }

  return {
    holdsNothing: true,
    push(lines) {
      const passing = new Neighbours((from, until) => context.emit(lines.slice(from, until)))
      const examine = onlySchemas && isUtf8(lines.view()) ? examineValue : examineRow
      for (let index = 0; index < lines.length; index++) {
        json.checked++
        read++
        const failure = examine(lines, index)
        if (failure === undefined) continue
        passing.leaveOut(index)
        context.reject(lines.at(index), failure)
        if (!context.stopping.aborted) continue
        // The run was stopped because too many records failed: the rest of the push is given back.
        context.giveBack(lines.slice(index + 1))
        return passing.end(index + 1)
      }
      return passing.end(lines.length)
    },
    end() {
      // Rules about the whole input cannot be decided if the input was cut short.
      if (context.stopping.aborted) return
      const now = context.clock.wall()
      for (const { examiner, finding } of atWork) {
        finding.problem = examiner.conclude?.(now)
        finding.isOpen = false
      }
      for (const [index, rule] of findings.rules.entries()) {
        if (rule.kind !== 'count') continue
        const finding = findings.byRule[index] as RuleFinding
        finding.checked = read
        finding.problem = judgeCount(rule, read)
        finding.isOpen = false
      }
    },
  }
}

type AtWork = {
  readonly examiner: Examiner
  readonly finding: RuleFinding
  readonly countsAlone: boolean
}

type Complaint = Violation & { readonly rule: string }

// A record of a million bad elements must not make a failure of a gigabyte.
const mostComplaints = 20

const createFailure = (violations: readonly Complaint[]): Failure => {
  const shown = violations.slice(0, mostComplaints)
  const more = violations.length - shown.length
  const message = shown.map(one => `${one.message} (rule ${one.rule})`).join('; ')
  return new Failure('schema', 'input', more === 0 ? message : `${message}; and ${more} more`, { violations: shown })
}

const judgeCount = ({ min, max }: CountRule, count: number): string | undefined => {
  if (count >= min && count <= max) return undefined
  if (count === 0) return 'There are no records'
  return count < min ? `${count} records are fewer than ${min}` : `${count} records are more than ${max}`
}
