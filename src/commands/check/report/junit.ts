import { type CheckReport, countRest, describePlace, describeViolations, type RuleReport } from './report.js'

/**
 * JUnit XML with the elements and attributes that Jenkins (junit-10.xsd of its xUnit plugin) and GitLab ("Unit test reports") read: a
 * test case for each rule.
 */
export const writeJunit = (report: CheckReport): string => {
  const { rules, seconds, started, stage } = report
  const suite = stage === undefined ? 'streamz check' : `streamz check ${stage}`
  const time = seconds.toFixed(3)
  const totals = {
    tests: String(rules.length),
    failures: String(rules.filter(({ status }) => status === 'violated').length),
    errors: '0',
    skipped: String(rules.filter(({ status }) => status === 'open').length),
    time,
  }
  const timestamp = new Date(started).toISOString().replace(/\.\d+Z$/, '')
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    open('testsuites', { name: suite, ...totals }),
    open('testsuite', { name: suite, ...totals, timestamp }),
    ...rules.flatMap(rule => describeCase(rule, report.records)),
    '</testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

const describeCase = (rule: RuleReport, records: number): string[] => {
  const { name, status, examples, problem } = rule
  const [first] = examples
  const file = first?.file === undefined ? {} : { file: first.file }
  const attributes = { classname: 'streamz.check', name, time: '0', ...file }
  const facts = [problem, describeViolations(rule, records)].filter(Boolean).join('; ')
  const text = [facts, ...listLines(rule)].filter(Boolean).join('\n')
  if (status === 'violated') {
    const message =
      problem ?? (first === undefined ? facts : `${facts}; first: ${describePlace(first)}: ${first.message}`)
    return [
      open('testcase', attributes),
      `${open('failure', { message, type: 'schema' })}${escapeXml(text)}</failure>`,
      '</testcase>',
    ]
  }
  if (status === 'open') {
    return [open('testcase', attributes), '<skipped message="not decided: the input was cut short"/>', '</testcase>']
  }
  if (text === '') return [open('testcase', attributes).replace(/>$/, '/>')]
  return [open('testcase', attributes), `<system-out>${escapeXml(`${status}: ${text}`)}</system-out>`, '</testcase>']
}

const listLines = (rule: RuleReport): string[] => {
  const lines = rule.examples.map(example => `${describePlace(example)}: ${example.message}`)
  const rest = countRest(rule, rule.examples.length)
  return rest === 0 ? lines : [...lines, `and ${rest} more`]
}

const open = (element: string, attributes: Readonly<Record<string, string>>): string =>
  `<${element}${Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escapeXml(value)}"`)
    .join('')}>`

/** As XML 1.0 takes it, in text and in attributes: what it has no way to write is shown as in JSON. */
const escapeXml = (text: string): string =>
  text.replace(unwritable, showCode).replace(/[&<>"'\t\n\r]/g, found => entities[found] ?? found)

const unwritable =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

const showCode = (found: string): string => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}
