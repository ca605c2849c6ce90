import type { ChalkInstance } from 'chalk'
import { formatCount } from '../../../cli/format.js'
import { escapeControls } from '../../../cli/messages.js'
import {
  type CheckReport,
  countRest,
  describePlace,
  describeViolations,
  type RuleReport,
  type RuleStatus,
} from './report.js'

/** For people: a line for each rule, and below those that are violated the first places. Nothing is wider than `width` columns. */
export const writeText = (report: CheckReport, width: number, chalk: ChalkInstance | undefined): string => {
  const { rules, records } = report
  const widest = Math.max(...rules.map(({ name }) => columnsOf(show(name))))
  const column = Math.min(widest, Math.max(16, Math.min(40, width - 58)))
  const lines = rules.flatMap(rule => {
    const name = show(rule.name)
    const facts = describeFacts(rule, records)
    const head =
      columnsOf(name) > column
        ? [`${marks[rule.status]}  ${name}`, `      ${' '.repeat(column)}  ${facts}`]
        : [`${marks[rule.status]}  ${pad(name, column)}  ${facts}`]
    return [
      ...head.map(line => ({ status: rule.status, line })),
      ...listExamples(rule).map(line => ({ status: undefined, line })),
    ]
  })
  const shown = lines.map(({ status, line }) => {
    const cut = cutTo(`  ${line}`, width)
    return status === undefined || chalk === undefined ? cut : paint(chalk, status, cut)
  })
  return `${[cutTo(describeVerdict(report), width), ...shown].join('\n')}\n`
}

const marks: Readonly<Record<RuleStatus, string>> = {
  passed: 'ok  ',
  tolerated: 'ok  ',
  warning: 'warn',
  violated: 'FAIL',
  open: 'open',
}

const paint = (chalk: ChalkInstance, status: RuleStatus, line: string): string => {
  const color =
    status === 'violated' ? chalk.red : status === 'warning' || status === 'open' ? chalk.yellow : chalk.green
  return line.replace(/\S+/, mark => color(mark))
}

const describeVerdict = ({ records, rules, isCut, stage }: CheckReport): string => {
  const count = (...statuses: readonly RuleStatus[]) => rules.filter(({ status }) => statuses.includes(status)).length
  const parts = [
    [count('passed', 'tolerated'), 'passed'],
    [count('violated'), 'violated'],
    [count('warning'), count('warning') === 1 ? 'warning' : 'warnings'],
    [count('open'), 'not decided'],
  ] as const
  const said = parts.filter(([many]) => many > 0).map(([many, what]) => `${many} ${what}`)
  const name = stage === undefined ? '' : ` ${show(stage)}:`
  const cut = isCut ? ', cut short' : ''
  return `streamz check:${name} ${formatCount(records)} ${records === 1 ? 'record' : 'records'}${cut}; ${rules.length} rules: ${said.join(', ')}`
}

const describeFacts = (rule: RuleReport, records: number): string => {
  const { status, problem, checked } = rule
  const violations = describeViolations(rule, records)
  const facts = [
    status === 'open' ? 'not decided: the input was cut short' : undefined,
    problem === undefined ? undefined : show(problem),
    violations === '' ? undefined : violations,
  ].filter(fact => fact !== undefined)
  return facts.length > 0 && violations === ''
    ? facts.join('; ')
    : [...facts, `${formatCount(checked)} checked`].join('; ')
}

const mostShown = 3

const listExamples = (rule: RuleReport): string[] => {
  const shown = rule.examples
    .slice(0, mostShown)
    .map(example => `        ${show(`${describePlace(example)}: ${example.message}`)}`)
  const rest = countRest(rule, mostShown)
  return rest === 0 || shown.length === 0 ? shown : [...shown, `        and ${formatCount(rest)} more`]
}

const show = (text: string): string => escapeControls(text).replaceAll('\n', ' ')

const pad = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - columnsOf(text)))

// Wide characters take two columns; nearly all names are ASCII.
const columnsOf = (text: string): number => {
  let columns = 0
  for (const character of text) columns += wide.test(character) ? 2 : 1
  return columns
}
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u

const cutTo = (line: string, width: number): string => {
  if (columnsOf(line) <= width) return line
  let text = ''
  let columns = 0
  for (const character of line) {
    columns += columnsOf(character)
    if (columns > width - 1) break
    text += character
  }
  return `${text}…`
}
