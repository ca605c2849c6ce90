// biome-ignore-all lint/suspicious/noTemplateCurlyInString: job files hold ${name}
import { chmodSync, cpSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { shell, streamz } from '../helpers/cli.js'
import { makeFiles } from '../helpers/job.js'
import { listJobExamples } from '../helpers/job-examples.js'

// A job names the line of its own input, a process that of what it was given.
const withoutChance = (text: string) =>
  text
    .replaceAll(/"(time|first_failed_at)":"[^"]*"/g, '"$1":0')
    .replaceAll(/"(pid|duration_ms|line)":\d+/g, '"$1":0')
    .replaceAll(/"(id|file)":(null|"[^"]*")/g, '"$1":0')
    .replaceAll(/"entry":"[^"]*",/g, '')

const readOr = (file: string) => {
  try {
    return withoutChance(readFileSync(file, 'utf8')).split('\n').toSorted().join('\n')
  } catch {
    return ''
  }
}

/** The job and the script that explains it, each in the same folder: what comes out, and what is kept. */
const same = test.macro({
  title: (what = '') => `${what}: the script that explain prints gives the same bytes`,
  async exec(t, job: string, { stdin = '', set = [], files = {}, kept = [] }: Setting = {}) {
    const cwd = makeFiles(t, { 'job.yaml': job, ...files })
    for (const file of ['orders.ndjson', 'enrich.sh', 'charge.sh']) {
      cpSync(join('test/fixtures', file), join(cwd, file))
      chmodSync(join(cwd, file), 0o755)
    }
    const given = set.flatMap(word => ['--set', word])
    const run = await streamz(t, ['run', 'job.yaml', ...given], { cwd, stdin })
    const results = kept.map(file => readOr(join(cwd, file)))
    for (const file of kept) rmSync(join(cwd, file), { force: true })
    const explained = await streamz(t, ['explain', 'job.yaml', ...given], { cwd })
    t.is(explained.exitCode, 0)
    const script = await shell(t, String(explained.stdout), { cwd, stdin })
    t.is(String(script.stdout), String(run.stdout))
    t.is(script.exitCode, run.exitCode)
    t.deepEqual(
      kept.map(file => readOr(join(cwd, file))),
      results,
    )
    t.true(run.stdout.length > 0 || results.some(text => text !== ''))
  },
})

type Setting = {
  readonly stdin?: string
  readonly set?: readonly string[]
  readonly files?: Readonly<Record<string, string>>
  readonly kept?: readonly string[]
}

const numbers = '1\n2\n3\n4\n5\n'

test('three steps', same, 'steps:\n  - skip: {count: 1}\n  - map: {js: "r => r * 2"}\n  - batch: {size: 2}\n', {
  stdin: numbers,
})
test(
  'files, patterns and standard input',
  same,
  'input: ["a*.x", "odd name", "-", "-y"]\nsteps:\n  - skip: {count: 1}\n',
  {
    stdin: '9\n',
    files: { 'a1.x': '1\n', 'aB.x': '2\n', 'ab.x': '3\n', 'odd name': '4\n', '-y': '5\n' },
  },
)
test('folders of any depth', same, 'input: "**/*.y"\nsteps:\n  - skip: {count: 0}\n', {
  files: { 'a.y': '1\n', 'b c.y': '2\n' },
})
test(
  'an output',
  same,
  'input: orders.ndjson\noutput: "the out"\nsteps:\n  - skip: {count: 3}\n  - take: {count: 1}\n',
  { kept: ['the out'] },
)
test(
  'quotes, dollars and backslashes in code',
  same,
  `steps:
  - map: {js: "r => \`a'\${r}'\\\\\\\\\\"\`"}
  - map: {command: [printf, '%s', "it's $HOME \\\\ {.}"], raw: true}
`,
  { stdin: numbers },
)
test(
  'dead letters of each step',
  same,
  `dlq: failed
tolerate: 1
steps:
  - map: {name: one, js: "r => { if (r === 2) throw Error('two'); return r }", concurrency: 1}
  - map: {name: two, js: "r => { if (r === 4) throw Error('four'); return r }", dlq: other}
`,
  { stdin: numbers, kept: ['failed', 'other'] },
)
test(
  'failures that nobody keeps',
  same,
  'failures: brief\nsteps:\n  - skip: {count: 1}\n  - map: {js: "r => r.a.b", max-line: 1KiB}\n',
  { stdin: '1\n{"a":{"b":2}}\n3\n' },
)
test(
  'lines of text',
  same,
  'raw-input: true\nraw-output: true\nid: .\nsteps:\n  - map: {js: "r => r + r"}\n  - skip: {count: 1}\n',
  { stdin: 'a\nb"c\n' },
)
test(
  'variables',
  same,
  `vars: {n: {default: 2}, who: {required: true}}
steps:
  - take: {count: "\${n}"}
  - map: {command: [echo, "\${who}"], raw: true}
  - map: {shell: true, command: ['cat; echo "\\"$who\\""'], multi: true}
`,
  { stdin: numbers, set: ["who=it's $n"] },
)
test(
  'branches',
  same,
  `input: orders.ndjson
tolerate: 5
steps:
  - skip: {count: 0}
  - route:
      branches:
        - name: large
          where: .amount > 100
          steps:
            - map: {js: 'r => ({"it''s {name}": r.id})'}
            - route:
                branches:
                  - {where: '."it''s {name}" == 1', steps: [{batch: {size: 5}}], output: "one file"}
                  - {else: true, output: rest, append: true}
        - {where: .kind == "refund", steps: [{map: {shell: true, command: ["cat >> hook"]}}], drop: true}
        - {where: .id == 2, dlq: failed}
  - batch: {size: 2}
`,
  { kept: ['one file', 'rest', 'hook'] },
)
test('failure records are records', same, 'no-failures-in: true\nsteps:\n  - batch: {size: 2}\n  - unbatch: {}\n', {
  stdin: '{"$streamz":"error/1","id":"1","record":1}\n2\n',
})

test('what a shell cannot express is said', async t => {
  const job =
    'name: nightly\nlock: l\noutput: o\nsummary: s\nmax-fail: 3\ndeadline: 1h\nsteps:\n  - skip: {count: 1}\n  - route: {branches: [{where: .a, drop: true}]}\n'
  const { stdout } = await streamz(t, ['explain', 'job.yaml'], { cwd: makeFiles(t, { 'job.yaml': job }) })
  const notes = String(stdout)
    .split('\n')
    .filter(line => line.startsWith('# '))
  t.is(notes.length, 7)
  for (const word of ['nightly', 'branches', 'lock l', 'writes o aside', 'summary', 'max-fail', 'deadline'])
    t.true(
      notes.some(note => note.includes(word)),
      word,
    )
})

for (const { place, text } of listJobExamples()) {
  // A branch that ends in dlq is a command that fails.
  const isExpressible = !/^(lock|summary|max-fail|deadline|allow-empty):|http|journal|lock|where: .*dlq: /m.test(text)
  if (isExpressible)
    test(`the job of ${place} ${text.split('\n').length} ${text.length}`, same, text, {
      stdin: readFileSync('test/fixtures/orders.ndjson', 'utf8'),
      kept: ['failed.ndjson', 'out.ndjson', 'large.ndjson', 'refunds.ndjson'],
    })
}
