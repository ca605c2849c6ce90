import type { CommonOptions } from '../../cli/common-options.js'
import { option } from '../../cli/option.js'
import { choice } from '../../cli/values/choice.js'
import { InvalidValue } from '../../cli/values/invalid-value.js'
import { type CountOrShare, countOrPercent } from '../../cli/values/percentage.js'
import { repeated, valueParser } from '../../cli/values/value-parser.js'
import { wholeNumber } from '../../cli/values/whole-number.js'
import type { RecordRule } from '../../processors/check/rule.js'
import {
  countRule,
  enumRule,
  freshnessRule,
  matchRule,
  type RuleValue,
  rangeRule,
  requiredRule,
  sortedRule,
  typeRule,
  uniqueRule,
} from './rule-values.js'

export const reportFormats = ['text', 'json', 'junit', 'github'] as const
export type ReportFormat = (typeof reportFormats)[number]

export type CheckFlags = Omit<CommonOptions, 'tolerate'> & {
  readonly schema?: string
  readonly required?: readonly RuleValue[]
  readonly type?: readonly RuleValue[]
  readonly enum?: readonly RuleValue[]
  readonly range?: readonly RuleValue[]
  readonly match?: readonly RuleValue[]
  readonly unique?: readonly RuleValue<Omit<Extract<RecordRule, { readonly kind: 'unique' }>, 'maxKeys'>>[]
  readonly maxKeys?: number
  readonly sorted?: readonly RuleValue[]
  readonly freshness?: readonly RuleValue[]
  readonly count?: readonly RuleValue[]
  readonly allowEmpty?: true
  readonly allErrors?: true
  readonly warn?: readonly string[]
  readonly tolerate?: readonly Tolerance[]
  readonly report?: readonly ReportFormat[]
  readonly reportFile?: readonly ReportFile[]
}

/** How many violations of a rule, or without a name failed records, are tolerated. */
type Tolerance = { readonly name: string | undefined; readonly limit: CountOrShare }

/** Where a report goes; which one is said when there are several. */
export type ReportFile = { readonly format: ReportFormat | undefined; readonly path: string }

const toleranceWanted = 'a count or a percentage, optionally preceded by the name of a rule and ='

const tolerance = repeated(
  valueParser({ wanted: toleranceWanted, example: '1% or email=1%' }, (text): Tolerance => {
    const at = text.lastIndexOf('=')
    return { name: at === -1 ? undefined : text.slice(0, at), limit: countOrPercent(text.slice(at + 1)) }
  }),
)

const fileWanted = 'a file, optionally preceded by the format of its report and ='

const reportFile = repeated(
  valueParser({ wanted: fileWanted, example: 'report.txt or junit=report.xml' }, (text): ReportFile => {
    const [, word, rest] = /^(\w+)=(.+)$/s.exec(text) ?? []
    const format = reportFormats.find(known => known === word)
    const path = format === undefined ? text : (rest as string)
    if (path === '') throw new InvalidValue(text, 'does not name a file', fileWanted, 'junit=report.xml')
    return { format, path }
  }),
)

const name = repeated(
  valueParser({ wanted: 'the name of a rule', example: 'email' }, text => {
    if (text === '') throw new InvalidValue(text, 'is empty', 'the name of a rule', 'email')
    return text
  }),
)

const rules = 'Rules (all of them must hold)'
const verdict = 'Verdict'
const reports = 'Reports'

/** The options of `check` alone. */
export const listCheckOptions = () => [
  option(rules, '--schema <file>', 'JSON Schema (2020-12 or draft-07), with formats'),
  option(rules, '--required <paths>', 'these fields exist', requiredRule),
  option(
    rules,
    '--type <path=types>',
    'the value is a string, number, integer, boolean, object, array or null',
    typeRule,
  ),
  option(rules, '--enum <path=values>', 'the value is one of these', enumRule),
  option(
    rules,
    '--range <path=min..max>',
    'the value is a number from MIN to MAX; one of them may be omitted',
    rangeRule,
  ),
  option(rules, '--match <path=regex>', 'the value is a string that this regular expression matches', matchRule),
  option(rules, '--unique <paths>', 'no two records have the same values in these fields', uniqueRule),
  option(rules, '--max-keys <n>', 'maximum number of values for --unique (10 million)', wholeNumber(1, 1e8)),
  option(rules, '--sorted <path>', 'no value is smaller than an earlier one', sortedRule),
  option(rules, '--freshness <path=duration>', 'the newest time in this field is at most this old', freshnessRule),
  option(
    rules,
    '--count <min..max>',
    'require this many records; an empty input is a violation unless this allows it',
    countRule,
  ),
  option(rules, '--allow-empty', 'an empty input is not a violation'),
  option(verdict, '--warn <rule>', 'report violations of this rule, but pass the record', name),
  option(
    verdict,
    '--tolerate <[rule=]n|p%>',
    'exit 0 with up to this many violations of the rule, or failed records (0)',
    tolerance,
  ),
  option(
    verdict,
    '--all-errors',
    'a failure lists everything that is wrong with its record, not only the first problem',
  ),
  option(
    reports,
    '--report <format>',
    '`text`, `json`, `junit` or `github`; repeatable (text)',
    repeated(choice(reportFormats)),
  ),
  option(
    reports,
    '--report-file <[format=]file>',
    'write the report to this file instead of standard error; repeatable',
    reportFile,
  ),
]
