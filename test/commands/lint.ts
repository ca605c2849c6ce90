import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import test from 'ava'
import { parse } from 'yaml'
import { streamz } from '../helpers/cli.js'
import { makeFiles } from '../helpers/job.js'
import { listJobExamples } from '../helpers/job-examples.js'

const good = `steps:
  - map: {http: "https://api.example.com/x", header: ["authorization: env:API_KEY", "x-a: @token"], retries: 3}
  - gate: {http: "http://127.0.0.1:9/health"}
`

test('lint says what it has checked', async t => {
  const cwd = makeFiles(t, { 'job.yaml': good, 'other.yaml': 'steps:\n  - take: {count: 1}\n' })
  const { stdout, stderr, exitCode } = await streamz(t, ['lint', 'job.yaml', 'other.yaml'], { cwd })
  t.is(String(stdout), 'job.yaml: 2 steps, 2 hosts, 2 secrets\nother.yaml: 1 step, 0 hosts, 0 secrets\n')
  t.deepEqual([stderr, exitCode], ['', 0])
})

test('lint tells the mistakes of all files and is 2', async t => {
  const cwd = makeFiles(t, { 'a.yaml': 'steps:\n  - tke: {count: 1}\n', 'b.yaml': good, 'c.yaml': 'stps: []\n' })
  const { stdout, stderr, exitCode } = await streamz(t, ['lint', 'a.yaml', 'b.yaml', 'c.yaml', 'd.yaml'], { cwd })
  t.is(exitCode, 2)
  t.is(String(stdout), 'b.yaml: 2 steps, 2 hosts, 2 secrets\n')
  t.regex(stderr, /a\.yaml:2:5: Unknown step "tke"; did you mean take\?\n/)
  t.regex(stderr, /c\.yaml:1:1: unknown key "stps"; did you mean steps\?\n/)
  t.regex(stderr, /Cannot read d\.yaml: /)
})

test('lint without a file is 2', async t => {
  const { stderr, exitCode } = await streamz(t, ['lint'])
  t.is(exitCode, 2)
  t.regex(stderr, /^streamz lint: No FILE was given/)
})

const schema = JSON.parse(readFileSync('dist/job.schema.json', 'utf8'))
const validate = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema)

test('the schema is shipped, and is what lint prints', async t => {
  const { stdout } = await streamz(t, ['lint', '--schema'])
  t.is(String(stdout), readFileSync('dist/job.schema.json', 'utf8'))
})

test('every job of the docs is sound by the shipped schema and by lint', async t => {
  const examples = listJobExamples()
  t.true(examples.length >= 5, String(examples.length))
  for (const { place, text } of examples) {
    t.true(validate(parse(text)), `${place}: ${JSON.stringify(validate.errors)}`)
    const cwd = makeFiles(t, { 'job.yaml': text })
    const given = [...text.matchAll(/^ {2}(\w+): \{required: true\}/gm)].flatMap(([, name]) => ['--set', `${name}=1`])
    const { stderr, exitCode } = await streamz(t, ['lint', 'job.yaml', ...given], { cwd })
    t.is(exitCode, 0, `${place}: ${stderr}`)
  }
})

const wrong = test.macro({
  title: (what = '') => `the schema refuses ${what}`,
  exec: (t, text: string) => t.false(validate(parse(text))),
})

test('an unknown key', wrong, 'stps: []\nsteps: [{take: {count: 1}}]')
test('an unknown step', wrong, 'steps: [{tke: {count: 1}}]')
test('an unknown flag', wrong, 'steps: [{take: {count: 1, cunt: 2}}]')
test('a missing operand', wrong, 'steps: [{take: {}}]')
test('a word that is not known', wrong, 'steps: [{throttle: {rate: 1/s, mode: dorp}}]')
test('a list for one value', wrong, 'steps: [{batch: {size: [1]}}]')
test('a text for a switch', wrong, 'steps: [{batch: {size: 1, envelope: please}}]')
test('two commands in a step', wrong, 'steps: [{take: {count: 1}, skip: {count: 1}}]')
test('a command that is a text', wrong, 'steps: [{map: {command: cat}}]')
test('a job without steps', wrong, 'name: x')
test('a command that reads no records', wrong, 'steps: [{lint: {}}]')
test('a route without branches', wrong, 'steps: [{route: {}}]')
test('a branch without a condition', wrong, 'steps: [{route: {branches: [{output: x}]}}]')
test('a branch with two ends', wrong, 'steps: [{route: {branches: [{else: true, output: x, drop: true}]}}]')
test('an unknown key of a branch', wrong, 'steps: [{route: {branches: [{else: true, ouput: x}]}}]')
test(
  'an unknown step of a branch',
  wrong,
  'steps: [{route: {branches: [{else: true, output: x, steps: [{tke: {count: 1}}]}]}}]',
)
test(
  'a branch that appends to nothing',
  wrong,
  'steps: [{route: {branches: [{else: true, drop: true, append: true}]}}]',
)

test('the schema takes branches of branches, and lint counts them', async t => {
  const text = `steps:
  - route:
      branches:
        - where: .amount > 100
          steps:
            - take: {count: 1}
            - route: {branches: [{else: true, output: x, append: true}]}
        - {name: bad, where: .bad, dlq: bad.ndjson}
`
  t.true(validate(parse(text)), JSON.stringify(validate.errors))
  const { stdout } = await streamz(t, ['lint', 'job.yaml'], { cwd: makeFiles(t, { 'job.yaml': text }) })
  t.is(String(stdout), 'job.yaml: 3 steps, 3 branches, 0 hosts, 0 secrets\n')
})
