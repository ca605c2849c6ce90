import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { writeSummaryTable } from '../../../src/commands/check/report/github.js'
import { shell, streamz } from '../../helpers/cli.js'
import { makeFolder } from '../../helpers/temporary-folder.js'
import { parseXml } from '../../helpers/xml.js'

// Attributes and elements of https://docs.gitlab.com/ci/testing/unit_test_reports/ and of Jenkins' junit-10.xsd.
const documented: Readonly<Record<string, readonly string[]>> = {
  testsuites: ['name', 'time', 'tests', 'failures', 'errors', 'skipped'],
  testsuite: ['name', 'tests', 'failures', 'errors', 'skipped', 'time', 'timestamp', 'hostname'],
  testcase: ['name', 'classname', 'time', 'file'],
  failure: ['message', 'type'],
  skipped: ['message'],
  'system-out': [],
}

const nasty = `x<&>"']]>\u0001%0A::error::,:|\`*\n\r\u{1f600}é`

test('JUnit: what is documented and no more, well-formed whatever the keys hold', async t => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 's.json'), '{"additionalProperties":false,"properties":{"a":true}}')
  const stdin = `{"a":1}\n${JSON.stringify({ [nasty]: 1 })}\n{"\\ud800":1}\n`
  const args = [
    'check',
    '--schema',
    's.json',
    '--required',
    'r<&">: .a',
    '--type',
    '.a=string',
    '--warn',
    'type',
    '--count',
    '9',
  ]
  const flags = args.map(arg => (arg === 'r<&">: .a' ? '.["r<&\\">"]' : arg))
  const { exitCode, stderr } = await streamz(
    t,
    [...flags, '--stage', 'a "b"', '--report-file', 'junit=r.xml', '--failures', 'brief'],
    { stdin, cwd },
  )
  t.is(exitCode, 1, stderr)
  const root = parseXml(readFileSync(join(cwd, 'r.xml'), 'utf8'))
  const look = (element: typeof root): void => {
    const known = documented[element.name]
    t.truthy(known, element.name)
    t.deepEqual(
      Object.keys(element.attributes).filter(name => !known?.includes(name)),
      [],
      element.name,
    )
    for (const child of element.children) look(child)
  }
  look(root)
  const [suite] = root.children
  t.is(suite?.attributes.name, 'streamz check a "b"')
  t.regex(suite?.attributes.timestamp ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/)
  t.like(suite?.attributes, { tests: '5', failures: '3', errors: '0', skipped: '0' })
  const cases = suite?.children ?? []
  t.deepEqual(
    cases.map(({ attributes, children }) => [attributes.name, children.map(({ name }) => name)]),
    [
      ['json', []],
      ['required .["r<&\\">"]', ['failure']],
      ['type .a=string', ['system-out']],
      ['schema', ['failure']],
      ['count 9', ['failure']],
    ],
  )
  const failure = cases[3]?.children[0]
  t.is(failure?.attributes.type, 'schema')
  t.true(failure?.text.includes(`x<&>`))
  t.regex(failure?.attributes.message ?? '', /^2 violations \(66\.7%\); first: line 2: /)
})

/** The annotations as the runner of GitHub reads them. */
const readAnnotations = (text: string) =>
  text
    .split('\n')
    .filter(line => line !== '')
    .map(line => {
      const [, level, said = '', message = ''] = /^::(error|warning) ([^:]*)::(.*)$/.exec(line) ?? []
      const decode = (value: string) =>
        value
          .replaceAll('%0D', '\r')
          .replaceAll('%0A', '\n')
          .replaceAll('%3A', ':')
          .replaceAll('%2C', ',')
          .replaceAll('%25', '%')
      const properties = Object.fromEntries(
        said.split(',').map(pair => {
          const at = pair.indexOf('=')
          return [pair.slice(0, at), decode(pair.slice(at + 1))]
        }),
      )
      return { level, ...properties, message: decode(message) }
    })

test('GitHub: nine annotations of a level, one of each rule first, and how many more', async t => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 'in,put:1.ndjson'), '{"a":1}\n'.repeat(30))
  const args = ['check', '--required', '.b', '--enum', '.a=2', '--type', '.a=string', '--warn', 'type', '--count', '99']
  const { stderr } = await streamz(
    t,
    [...args, '--report', 'github', '--dlq', 'failed.ndjson', '-q', 'in,put:1.ndjson'],
    {
      cwd,
      env: { GITHUB_STEP_SUMMARY: join(cwd, 'summary.md'), GITHUB_WORKSPACE: join(cwd, '..') },
    },
  )
  const annotations = readAnnotations(stderr)
  const errors = annotations.filter(({ level }) => level === 'error')
  const warnings = annotations.filter(({ level }) => level === 'warning')
  t.deepEqual([errors.length, warnings.length], [10, 10])
  const file = `${cwd.split('/').at(-1)}/in,put:1.ndjson`
  t.deepEqual(errors.slice(0, 4), [
    { level: 'error', file, line: '1', title: 'check: required .b', message: '.b is missing' },
    { level: 'error', file, line: '1', title: 'check: enum .a=2', message: '.a (a number) is none of 2' },
    { level: 'error', title: 'check: count 99', message: '30 records are fewer than 99' },
    { level: 'error', file, line: '2', title: 'check: required .b', message: '.b is missing' },
  ] as never)
  t.regex(
    errors.at(-1)?.message ?? '',
    /^52 more\. Of all:\nrequired \.b: 30 violations \(100%\)\nenum \.a=2: 30 violations/,
  )
  t.regex(warnings.at(-1)?.message ?? '', /^21 more\./)
  const summary = readFileSync(join(cwd, 'summary.md'), 'utf8')
  t.regex(summary, /^### Data check failed\n\n30 records\n\n\| \| rule \| checked \| violations \| first \|\n/)
  t.is(summary.split('\n').filter(line => line.startsWith('| ') && !line.startsWith('| |')).length, 5)
})

test('GitHub: nothing in a record makes a command, a link or a second row', async t => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 's.json'), '{"additionalProperties":false}')
  const summary = join(cwd, 'summary.md')
  const stdin = `${JSON.stringify({ [`${nasty}\n::error::x`]: 1 })}\n`
  const args = ['check', '--schema', 's.json', '--report', 'github', '--failures', 'brief', '-q']
  const { stderr } = await streamz(t, args, { stdin, cwd, env: { GITHUB_STEP_SUMMARY: summary } })
  t.is(stderr.split('\n').filter(line => line.startsWith('::')).length, 1)
  t.true(
    readAnnotations(
      stderr
        .split('\n')
        .filter(line => line.startsWith('::'))
        .join('\n'),
    )[0]?.message.includes('%0A::error::,:|'),
  )
  const rows = readFileSync(summary, 'utf8')
    .split('\n')
    .filter(line => line.startsWith('| '))
  t.is(rows.length, 4)
  for (const row of rows) t.is(row.split('|').length, 7, row)
  t.false(/[<>`*](?!\d)/.test(rows.slice(1).join('')))
})

test('GitHub: the table has at most 64 KiB, what is violated first', t => {
  const rule = {
    status: 'passed',
    checked: 1,
    violations: 0,
    tolerated: undefined,
    problem: undefined,
    examples: [],
  } as const
  const rules = Array.from({ length: 5000 }, (_, index) => ({ ...rule, name: `rule-${index}-é` }))
  const bad = { ...rule, status: 'violated', violations: 1, name: 'the bad one' } as const
  const report = {
    records: 1,
    failed: 1,
    isGood: false,
    isCut: false,
    seconds: 1,
    started: 0,
    stage: undefined,
    rules: [...rules, bad],
  }
  const table = writeSummaryTable(report, 64 * 1024)
  t.true(Buffer.byteLength(table) <= 64 * 1024)
  t.true(Buffer.byteLength(table) > 60 * 1024)
  t.regex(table.split('\n')[6] ?? '', /^\| violated \| the bad one/)
  const shown = table.split('\n').filter(line => line.startsWith('| ') && !line.startsWith('| |')).length
  t.is(/\n\n([\d,]+) more\n/.exec(table)?.[1], (5001 - shown).toLocaleString('en-US'))
})

test('several reports at once, each in its place', async t => {
  const args = [
    'check',
    '--count',
    '2',
    '--report',
    'text',
    '--report-file',
    'json=r.json',
    '--report-file',
    'junit=r.xml',
    '--report',
    'github',
  ]
  const { stderr, cwd, exitCode } = await streamz(t, args, { stdin: '1\n' })
  t.is(exitCode, 1)
  t.regex(stderr, /^streamz check: 1 record; 2 rules: 1 passed, 1 violated\n/)
  t.regex(stderr, /^::error title=check%3A count 2::1 records are fewer than 2$/m)
  t.false(JSON.parse(readFileSync(join(cwd, 'r.json'), 'utf8')).ok)
  t.is(parseXml(readFileSync(join(cwd, 'r.xml'), 'utf8')).attributes.failures, '1')
})

test('a report that cannot be written is 74 and is said; the others are written', async t => {
  const args = ['check', '--report-file', 'json=none/r.json', '--report-file', 'junit=r.xml']
  const { stderr, cwd, exitCode } = await streamz(t, args, { stdin: '1\n' })
  t.is(exitCode, 74)
  t.regex(stderr, /Cannot write the report to none\/r\.json: no such folder/)
  t.true(existsSync(join(cwd, 'r.xml')))
})

test('on a terminal of 80 columns no line is wider, and nothing of a record is obeyed', async t => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 's.json'), '{"additionalProperties":false}')
  writeFileSync(join(cwd, 'in.ndjson'), `${JSON.stringify({ [`\u001b[2J${'long '.repeat(30)}`]: 1 })}\n{}\n`)
  const run = `streamz check --schema s.json --unique 'a-very-long-name-of-a-rule-that-nobody-would-write: .a' --required .b in.ndjson --dlq f.ndjson --no-progress --color=never >out`
  const { stdout } = await shell(
    t,
    `stty cols 80 2>/dev/null; script -qec "stty cols 80; ${run}" /dev/null </dev/null`,
    { cwd, env: { TERM: 'dumb' } },
  )
  const lines = String(stdout).replaceAll('\r', '').split('\n')
  t.true(
    lines.some(line => line.startsWith('  FAIL  schema')),
    String(stdout),
  )
  const report = lines.slice(
    0,
    lines.findIndex(line => / of 2 records failed/.test(line)),
  )
  t.true(report.length >= 6)
  t.deepEqual(
    report.filter(line => [...line].length > 80),
    [],
  )
  t.false(String(stdout).includes('\u001b'))
})
