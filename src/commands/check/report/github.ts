import { relative, resolve } from 'node:path'
import { formatCount } from '../../../cli/format.js'
import {
  type CheckReport,
  countRest,
  describePlace,
  describeViolations,
  type RuleReport,
  type RuleStatus,
} from './report.js'

/** GitHub shows ten annotations of a level in a step and drops the others without a word: nine, and how many there are. */
const mostAnnotations = 9

/** Workflow commands, a line each, which GitHub shows beside the file in the pull request. Paths are those of the repository. */
export const writeAnnotations = ({ rules, records }: CheckReport, workspace: string | undefined): string => {
  const errors = rules.filter(({ status }) => status === 'violated')
  const warnings = rules.filter(({ status }) => status === 'warning')
  return [...annotate('error', errors, records, workspace), ...annotate('warning', warnings, records, workspace)].join(
    '',
  )
}

type Note = {
  readonly rule: RuleReport
  readonly file?: string | undefined
  readonly line?: number
  readonly message: string
}

const annotate = (
  level: 'error' | 'warning',
  rules: readonly RuleReport[],
  records: number,
  workspace: string | undefined,
): string[] => {
  const queues = rules.map(rule => listNotes(rule))
  const notes: Note[] = []
  // One of each rule first, then the second of each.
  for (let turn = 0; notes.length < mostAnnotations && queues.some(queue => turn < queue.length); turn++) {
    for (const queue of queues) {
      const note = queue[turn]
      if (note !== undefined && notes.length < mostAnnotations) notes.push(note)
    }
  }
  const all = rules.reduce((sum, { violations, problem }) => sum + violations + (problem === undefined ? 0 : 1), 0)
  const shown = new Set(notes.map(({ rule, file, line }) => `${rule.name}\n${file}\n${line}`)).size
  const more = all - shown
  const lines = notes.map(({ rule, file, line, message }) => {
    const place = file === undefined ? {} : { file: locate(file, workspace), line: String(line) }
    const where = file === undefined && line !== undefined ? `line ${line}: ` : ''
    return command(level, { ...place, title: `check: ${rule.name}` }, `${where}${message}`)
  })
  if (more <= 0) return lines
  const rest = rules.map(rule => `${rule.name}: ${rule.problem ?? describeViolations(rule, records)}`).join('\n')
  return [...lines, command(level, { title: 'check' }, `${formatCount(more)} more. Of all:\n${rest}`)]
}

const listNotes = (rule: RuleReport): Note[] => [
  ...(rule.problem === undefined ? [] : [{ rule, message: rule.problem }]),
  ...rule.examples.map(({ file, line, message }) => ({ rule, file, line, message })),
]

const locate = (file: string, workspace: string | undefined): string => {
  if (!workspace) return file
  const path = relative(workspace, resolve(file))
  return path.startsWith('..') ? file : path
}

const command = (level: string, properties: Readonly<Record<string, string>>, message: string): string => {
  const said = Object.entries(properties).map(([name, value]) => `${name}=${escapeProperty(value)}`)
  return `::${level} ${said.join(',')}::${escapeData(message)}\n`
}

/** As the runner reads it back: toolkit/packages/core/src/command.ts. */
const escapeData = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

const escapeProperty = (text: string): string => escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')

/** The table for `$GITHUB_STEP_SUMMARY`, in Markdown, at most `limit` bytes: a summary of more than 1 MiB is dropped as a whole. */
export const writeSummaryTable = (report: CheckReport, limit: number): string => {
  const { rules, records, isGood, isCut, stage } = report
  const title = stage === undefined ? 'Data check' : `Data check: ${escapeMarkdown(stage)}`
  const head = [
    `### ${title} ${isGood ? 'passed' : 'failed'}`,
    '',
    `${formatCount(records)} ${records === 1 ? 'record' : 'records'}${isCut ? ', cut short' : ''}`,
    '',
    '| | rule | checked | violations | first |',
    '|---|---|--:|--:|---|',
  ].map(line => `${line}\n`)
  // Violated rules come first, so that they are not cut off.
  const ordered = [...rules].sort((one, other) => weights[one.status] - weights[other.status])
  let text = head.join('')
  let length = Buffer.byteLength(text)
  for (const [index, rule] of ordered.entries()) {
    const row = describeRow(rule)
    const size = Buffer.byteLength(row)
    if (length + size > limit - 100) return `${text}\n${formatCount(ordered.length - index)} more\n\n`
    text += row
    length += size
  }
  return `${text}\n`
}

const weights: Readonly<Record<RuleStatus, number>> = { violated: 0, warning: 1, open: 2, tolerated: 3, passed: 4 }

const describeRow = (rule: RuleReport): string => {
  const { name, status, checked, violations, problem, examples } = rule
  const [first] = examples
  const found = first === undefined ? '' : `${describePlace(first)}: ${first.message}`
  const rest = countRest(rule, 1)
  const more = rest > 0 && found !== '' ? ` and ${formatCount(rest)} more` : ''
  const shown = [problem === undefined ? '' : escapeMarkdown(problem), `${escapeMarkdown(found)}${more}`]
    .filter(Boolean)
    .join('; ')
  return `| ${status} | ${escapeMarkdown(name)} | ${formatCount(checked)} | ${formatCount(violations)} | ${shown} |\n`
}

/** As text in the cell of a table: no markup, no tags, no mentions, no second line. */
const escapeMarkdown = (text: string): string =>
  cutText(text)
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_{}[\]()#+!|~$@:-]/g, found => `&#${found.charCodeAt(0)};`)

const longest = 300
const cutText = (text: string): string => (text.length > longest ? `${text.slice(0, longest)}…` : text)
