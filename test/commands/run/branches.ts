import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { assertGone, untilSaid } from '../../helpers/children.js'
import { pipeline, shell, start, streamz } from '../../helpers/cli.js'
import { assertBalanced, makeFiles, readJobSummary } from '../../helpers/job.js'

const orders = [
  '{"id":1,"kind":"sale","amount":120.50}',
  '{"id":2,"kind":"sale","amount":7}',
  'not JSON',
  '{"id":3,"kind":"refund","amount":-20.00}',
  '{"id":4,"kind":"sale","amount":12345678901234567890}',
  '{"id":5,"kind":"test","amount":1}',
  '{"id":6,"kind":"sale","amount":1.0}',
]
const stdin = `${orders.join('\n')}\n`

const read = (cwd: string, name: string) => readFileSync(join(cwd, name), 'utf8')

test('each branch has its steps and its end, and what matches none goes on', async t => {
  const text = `summary: summary.json
dlq: failed.ndjson
steps:
  - skip: {count: 0}
  - route:
      branches:
        - {name: tests, where: .kind == "test", drop: true}
        - name: large
          where: .amount > 100
          steps:
            - map: {js: "r => ({id: r.id})"}
            - batch: {size: 10}
          output: large.ndjson
        - {name: refunds, where: .kind == "refund", output: refunds.ndjson}
        - {name: sevens, where: .amount == 7, dlq: sevens.ndjson}
  - map: {name: last, js: "r => [r.id]"}
`
  const cwd = makeFiles(t, { 'job.yaml': text })
  const { stdout, stderr, exitCode } = await streamz(t, ['run', 'job.yaml'], { cwd, stdin })
  t.deepEqual([String(stdout), exitCode], ['[6]\n', 1])
  t.is(read(cwd, 'large.ndjson'), '[{"id":1},{"id":4}]\n')
  t.is(read(cwd, 'refunds.ndjson'), `${orders[3]}\n`)
  t.like(JSON.parse(read(cwd, 'failed.ndjson')), { stage: { name: 'route' }, error: { kind: 'parse' }, line: 3 })
  t.like(JSON.parse(read(cwd, 'sevens.ndjson')), {
    stage: { command: 'route', name: 'sevens' },
    error: { kind: 'unmatched', class: 'input' },
    line: 2,
    record: { id: 2 },
  })
  t.regex(
    stderr,
    /2 of 7 records failed \(1 parse in route; 1 unmatched in sevens\); kept in failed\.ndjson, sevens\.ndjson/,
  )
  const summary = readJobSummary(cwd)
  assertBalanced(t, summary)
  t.deepEqual(
    summary.steps.map(({ stage, branch, read, out }) => [stage, branch, read, out]),
    [
      ['skip', null, 7, 7],
      ['route', null, 7, 5],
      ['map', 'large', 2, 2],
      ['batch', 'large', 2, 1],
      ['sevens', 'sevens', 1, 0],
      ['last', null, 1, 1],
    ],
  )
  t.deepEqual(summary.steps[1]?.branches, { tests: 1, large: 2, refunds: 1, sevens: 1 })
})

test('branches of branches, one that takes all, and files that are appended to', async t => {
  const text = `input: in
append: true
output: out
tolerate: 1
steps:
  - route:
      branches:
        - where: .kind == "sale"
          steps:
            - route:
                branches:
                  - {where: .amount > 100, steps: [{map: {js: "r => r.id"}}], drop: true}
                  - {else: true, output: small, append: true}
`
  const cwd = makeFiles(t, { 'job.yaml': text, in: stdin, small: 'old\n', out: 'old\n' })
  const { stderr, exitCode } = await streamz(t, ['run', 'job.yaml'], { cwd })
  t.is(exitCode, 0, stderr)
  t.is(read(cwd, 'small'), `old\n${orders[1]}\n${orders[6]}\n`)
  t.is(read(cwd, 'out'), `old\n${orders[3]}\n${orders[5]}\n`)
})

test('a plan names branches and their files; the same file twice is refused', async t => {
  const text = (file: string) => `steps:
  - route:
      branches:
        - {name: a, where: .a, steps: [{map: {name: call, http: "https://api.example.com/x"}}], output: ${file}}
        - {where: .b, output: b.ndjson, append: true}
        - {where: .c, dlq: c.ndjson}
        - {else: true, drop: true}
`
  const cwd = makeFiles(t, { 'job.yaml': text('a.ndjson'), 'twice.yaml': text('b.ndjson') })
  const { stdout } = await streamz(t, ['run', 'job.yaml', '--dry-run'], { cwd, stdin })
  t.is(
    String(stdout),
    `reads: standard input
steps: route
branch a: .a, call (map), writes a.ndjson
branch branch-2: .b, writes b.ndjson (appends)
branch branch-3: .c, keeps all as failures in c.ndjson
branch branch-4: else, drops
hosts: api.example.com
keeps failures in: c.ndjson
writes: standard output
`,
  )
  const { stderr, exitCode } = await streamz(t, ['run', 'twice.yaml'], { cwd, stdin })
  t.is(exitCode, 2)
  t.regex(stderr, /a: output b\.ndjson is the same file as branch-2: output b\.ndjson: use another file/)
  t.deepEqual(readdirSync(cwd).toSorted(), ['job.yaml', 'twice.yaml'])
})

// Three steps, the middle one with a branch that calls a program: for each fault that a single command is tested for.
const job = (script: string, more = '', output = 'slow.ndjson') => `summary: summary.json
steps:
  - skip: {count: 1}
  - route:
      branches:
        - name: slow
          where: .slow
          steps:
            - map: {concurrency: 1, shell: true, command: [${JSON.stringify(script)}]}
            - batch: {size: 1}
          output: ${output}
  - batch: {size: 1}
${more}`

const fast = (n: number) => `{"n":${n}}\n`
const slow = (n: number) => `{"n":${n},"slow":true}\n`
const input = fast(0) + fast(1) + slow(2) + fast(3) + slow(4)

test('a signal lets the call of a branch finish, leaves its file aside, and every step balances', async t => {
  const cwd = makeFiles(t, { 'job.yaml': job('echo begun >&2; while [ ! -e go ]; do sleep 0.02; done; cat') })
  const { child, finished } = start(t, ['run', 'job.yaml'], { cwd })
  child.stdin.write(input)
  await untilSaid(child.stderr, 'begun')
  child.kill('SIGTERM')
  writeFileSync(join(cwd, 'go'), '')
  const { stdout, stderr, exitCode } = await finished
  t.is(exitCode, 143)
  t.is(String(stdout), '[{"n":1}]\n[{"n":3}]\n')
  const [, aside = ''] =
    /Stopped by SIGTERM; the incomplete output is in (\S+); undelivered=0 from line 6\n$/.exec(stderr) ?? []
  t.is(read(cwd, aside), '[{"n":2,"slow":true}]\n')
  t.false(existsSync(join(cwd, 'slow.ndjson')))
  const summary = readJobSummary(cwd)
  assertBalanced(t, summary)
  // Line 4 has gone another way already, so line 5 is not left to the next run.
  t.like(summary.steps[2], { stage: 'map', branch: 'slow', delivered: 1, failed_by_kind: { cancelled: 1 } })
})

test('a second signal ends the call of a branch at once', async t => {
  const cwd = makeFiles(t, { 'job.yaml': job('echo "pid $$" >&2; exec sleep 1000') })
  const { child, finished } = start(t, ['run', 'job.yaml'], { cwd })
  child.stdin.write(input)
  const said = await untilSaid(child.stderr, 'pid')
  child.kill('SIGTERM')
  child.kill('SIGINT')
  const { exitCode } = await finished
  t.true(exitCode === 130 || exitCode === 143)
  const summary = readJobSummary(cwd)
  assertBalanced(t, summary)
  t.like(summary.steps[2], { stage: 'map', failed_by_kind: { cancelled: 2 } })
  t.deepEqual(readdirSync(cwd).toSorted(), ['job.yaml', 'summary.json'])
  await assertGone(t, [Number(/pid (\d+)/.exec(said)?.[1])])
})

test('the deadline ends branches too: 124', async t => {
  const cwd = makeFiles(t, {
    'job.yaml': job('exec sleep 1000', 'deadline: 1s\ndrain: 200ms\n').replace(
      'concurrency: 1',
      'concurrency: 1, kill-after: 0',
    ),
  })
  const { child, finished } = start(t, ['run', 'job.yaml'], { cwd })
  child.stdin.write(input)
  const { stdout, stderr, exitCode } = await finished
  t.deepEqual([String(stdout), exitCode], ['[{"n":1}]\n[{"n":3}]\n', 124])
  t.regex(stderr, /Stopped: the --deadline was reached; undelivered=0 from line 6\n$/)
  assertBalanced(t, readJobSummary(cwd))
})

test('a full disk under a branch, or beside it, is 74', async t => {
  const cwd = makeFiles(t, { 'job.yaml': job('cat', '', '/dev/full'), 'beside.yaml': job('cat') })
  const branch = await streamz(t, ['run', 'job.yaml'], { cwd, stdin: input })
  t.is(branch.exitCode, 74)
  t.regex(branch.stderr, /Cannot write \/dev\/full: no space left on the device; undelivered=\d from line [23]\n$/)
  assertBalanced(t, readJobSummary(cwd))
  const beside = await shell(t, 'streamz run beside.yaml > /dev/full', { cwd, stdin: input })
  t.is(beside.exitCode, 74)
  t.regex(beside.stderr, /Cannot write standard output: no space left on the device.*; undelivered=\d from line 2\n$/)
  assertBalanced(t, readJobSummary(cwd))
  t.false(existsSync(join(cwd, 'slow.ndjson')))
})

test('a file of a branch that cannot be written is 74, and nothing is read or left behind', async t => {
  const cwd = makeFiles(t, { 'job.yaml': job('cat', 'output: out\n', 'no/such') })
  const { stderr, exitCode } = await streamz(t, ['run', 'job.yaml'], { cwd, stdin: input })
  t.is(exitCode, 74)
  t.regex(stderr, /no\/such/)
  t.deepEqual(readdirSync(cwd), ['job.yaml'])
})

test('a reader that has gone is 141 without a word, whatever branches do', async t => {
  const text = 'steps:\n  - route: {branches: [{where: .b, output: b}]}\n  - skip: {count: 1}\n  - batch: {size: 1}\n'
  const cwd = makeFiles(t, { 'job.yaml': text })
  const { stderr, statuses } = await pipeline(t, [`yes '{"a":1}\n{"b":1}'`, 'streamz run job.yaml', 'head -n 1'], {
    cwd,
  })
  t.deepEqual(statuses, [141, 141, 0])
  t.is(stderr, '')
  t.false(existsSync(join(cwd, 'b')))
})

test('the brake counts the failures of branches, and a breaker in one ends the job', async t => {
  const cwd = makeFiles(t, {
    'brake.yaml': job('exit 1', 'max-fail: 1\nfailures: brief\n'),
    'breaker.yaml': job('exit 75', 'failures: brief\n').replace(
      'map: {',
      'breaker: {consecutive: 1, on-open: fail, retries: 0, ',
    ),
  })
  const more = input + slow(5).repeat(1000)
  const brake = await streamz(t, ['run', 'brake.yaml'], { cwd, stdin: more })
  t.is(brake.exitCode, 65)
  assertBalanced(t, readJobSummary(cwd))
  const breaker = await streamz(t, ['run', 'breaker.yaml'], { cwd, stdin: more })
  t.is(breaker.exitCode, 75)
  assertBalanced(t, readJobSummary(cwd))
})

test('a job ends when all of its branches have enough', async t => {
  const text = `summary: summary.json
steps:
  - route:
      branches:
        - {where: .b, steps: [{take: {count: 2}}], output: b}
        - {else: true, steps: [{take: {count: 1}}], output: a}
`
  const cwd = makeFiles(t, { 'job.yaml': text })
  const { statuses } = await pipeline(t, [`yes '{"a":1}\n{"b":1}'`, 'streamz run job.yaml'], { cwd })
  t.deepEqual(statuses, [141, 0])
  t.deepEqual([read(cwd, 'a'), read(cwd, 'b')], ['{"a":1}\n', '{"b":1}\n{"b":1}\n'])
  assertBalanced(t, readJobSummary(cwd))
})
