import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { assertGone, untilSaid } from '../../helpers/children.js'
import { pipeline, shell, start, streamz } from '../../helpers/cli.js'
import { assertBalanced, makeFiles, readJobSummary } from '../../helpers/job.js'

// Three steps, one of which calls a program, for each fault that a single command is tested for.
const job = (script: string, more = '') => `summary: summary.json
steps:
  - skip: {count: 1}
  - map: {concurrency: 1, shell: true, command: [${JSON.stringify(script)}]}
  - batch: {size: 1}
${more}`

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  test(`${signal} lets the running call finish, and every step balances`, async t => {
    const cwd = makeFiles(t, { 'job.yaml': job('echo begun >&2; while [ ! -e go ]; do sleep 0.02; done; cat') })
    const { child, finished } = start(t, ['run', 'job.yaml'], { cwd })
    child.stdin.write('0\n1\n2\n3\n')
    await untilSaid(child.stderr, 'begun')
    child.kill(signal)
    writeFileSync(join(cwd, 'go'), '')
    const { stdout, stderr, exitCode } = await finished
    t.is(exitCode, code)
    t.is(String(stdout), '[1]\n')
    t.regex(stderr, new RegExp(`streamz run: Stopped by ${signal}; undelivered=2 from line 3\n$`))
    const summary = readJobSummary(cwd)
    assertBalanced(t, summary)
    t.like(summary, {
      exit_code: code,
      steps: [
        { read: 4, filtered: 1 },
        { read: 3, delivered: 1 },
        { read: 1, delivered: 1 },
      ],
    })
  })
}

test('a second signal ends the running call at once', async t => {
  const cwd = makeFiles(t, { 'job.yaml': job('echo "pid $$" >&2; exec sleep 1000') })
  const { child, finished } = start(t, ['run', 'job.yaml'], { cwd })
  child.stdin.write('0\n1\n2\n')
  const said = await untilSaid(child.stderr, 'pid')
  child.kill('SIGTERM')
  child.kill('SIGINT')
  const { exitCode } = await finished
  t.true(exitCode === 130 || exitCode === 143)
  const summary = readJobSummary(cwd)
  assertBalanced(t, summary)
  t.like(summary, {
    steps: [{ stage: 'skip' }, { failed: 1, undelivered: 1, failed_by_kind: { cancelled: 1 } }, { read: 0 }],
  })
  await assertGone(t, [Number(/pid (\d+)/.exec(said)?.[1])])
})

test('a full disk is 74, and every step balances', async t => {
  const cwd = makeFiles(t, { 'job.yaml': job('cat') })
  const { stderr, exitCode } = await shell(t, 'streamz run job.yaml >/dev/full', { cwd, stdin: '0\n1\n2\n' })
  t.is(exitCode, 74)
  t.regex(stderr, /Cannot write standard output: no space left on the device; undelivered=\d from line 2\n$/)
  assertBalanced(t, readJobSummary(cwd))
})

test('an output of the job on a full disk is 74', async t => {
  const cwd = makeFiles(t, { 'job.yaml': job('cat', 'output: /dev/full\n') })
  const { stderr, exitCode } = await streamz(t, ['run', 'job.yaml'], { cwd, stdin: '0\n1\n2\n' })
  t.is(exitCode, 74)
  t.regex(stderr, /Cannot write \/dev\/full: no space left on the device; undelivered=\d from line 2\n$/)
  assertBalanced(t, readJobSummary(cwd))
})

test('a dead-letter file that cannot be one is 74, and nothing is read or left behind', async t => {
  const cwd = makeFiles(t, { 'job.yaml': job('exit 1', 'dlq: /dev/full\noutput: out\n') })
  const { stderr, exitCode } = await streamz(t, ['run', 'job.yaml'], { cwd, stdin: '0\n1\n2\n' })
  t.is(exitCode, 74)
  t.regex(stderr, /\/dev\/full is not a regular file: dead letters need one\n$/)
  t.deepEqual(readdirSync(cwd), ['job.yaml'])
})

test('dead letters that cannot grow are 74 and go whole to stderr, those of a branch too, and every step balances', async t => {
  const text = `summary: summary.json
dlq: failed.ndjson
steps:
  - skip: {count: 1}
  - route: {branches: [{name: odd, where: .odd, dlq: odd.ndjson}]}
  - map: {js: "r => r.a.b"}
`
  const cwd = makeFiles(t, { 'job.yaml': text })
  const stdin = '{"n":0}\n{"odd":1}\n{"n":2}\n{"a":{"b":3}}\n'
  // The summary is a file too, so it goes through a pipe.
  const { stderr } = await shell(
    t,
    'mkfifo summary.json; cat summary.json > told & (ulimit -f 0; streamz run job.yaml); echo $? > code; wait',
    {
      cwd,
      stdin,
    },
  )
  t.is(readFileSync(join(cwd, 'code'), 'utf8'), '74\n')
  t.regex(stderr, /^\{"\$streamz":"error\/1".*"record":\{"odd":1\}\}$/m)
  const summary = JSON.parse(readFileSync(join(cwd, 'told'), 'utf8'))
  assertBalanced(t, summary)
  t.is(readFileSync(join(cwd, 'odd.ndjson'), 'utf8') + readFileSync(join(cwd, 'failed.ndjson'), 'utf8'), '')
})

test('SIGQUIT ends everything that was started', async t => {
  const cwd = makeFiles(t, { 'job.yaml': job('echo "pid $$" >&2; exec sleep 1000') })
  const { child, finished } = start(t, ['run', 'job.yaml'], { cwd })
  child.stdin.write('0\n1\n')
  const said = await untilSaid(child.stderr, 'pid')
  child.kill('SIGQUIT')
  t.is((await finished).exitCode, 131)
  await assertGone(t, [Number(/pid (\d+)/.exec(said)?.[1])])
})

test('a reader that has gone is 141 without a word', async t => {
  const cwd = makeFiles(t, {
    'job.yaml': 'steps:\n  - skip: {count: 1}\n  - throttle: {rate: 1000000/s}\n  - batch: {size: 1}\n',
  })
  const { stderr, statuses } = await pipeline(t, ['yes 1', 'streamz run job.yaml', 'head -n 1'], { cwd })
  t.deepEqual(statuses, [141, 141, 0])
  t.is(stderr, '')
})

test('the deadline is 124, and every step balances', async t => {
  const cwd = makeFiles(t, {
    'job.yaml': job('echo begun >&2; exec sleep 1000', 'deadline: 1s\ndrain: 200ms\n').replace(
      'concurrency: 1',
      'concurrency: 1, kill-after: 0',
    ),
  })
  const { child, finished } = start(t, ['run', 'job.yaml'], { cwd })
  child.stdin.write('0\n1\n2\n')
  const { stderr, exitCode } = await finished
  t.is(exitCode, 124)
  t.regex(stderr, /Stopped: the --deadline was reached; undelivered=1 from line 3\n$/)
  const summary = readJobSummary(cwd)
  assertBalanced(t, summary)
  t.like(summary, { steps: [{ stage: 'skip' }, { failed_by_kind: { cancelled: 1 }, undelivered: 1 }, { read: 0 }] })
})

test('the brake counts the failures of all steps, and every step balances', async t => {
  const text = `max-fail: 1
input: in
summary: summary.json
steps:
  - skip: {count: 0}
  - map: {concurrency: 1, js: "r => r === 1 ? null.x : r"}
  - map: {concurrency: 1, js: "r => r === 2 ? null.x : r"}
`
  const lines = ['1', '2', ...Array(200_000).fill('3')]
  const cwd = makeFiles(t, { 'job.yaml': text, in: `${lines.join('\n')}\n` })
  const { stderr, exitCode } = await streamz(t, ['run', 'job.yaml'], { cwd })
  t.is(exitCode, 65)
  t.regex(stderr, /Stopped: more records failed than --max-fail allows/)
  const summary = readJobSummary(cwd)
  assertBalanced(t, summary)
  t.true((summary.steps[0]?.read ?? 0) < lines.length)
})

test('an open breaker that ends the run is 75, and every step balances', async t => {
  const text = `summary: summary.json
steps:
  - skip: {count: 1}
  - breaker: {concurrency: 1, consecutive: 1, on-open: fail, command: [sh, -c, "exit 75"]}
  - batch: {size: 1}
failures: brief
`
  const cwd = makeFiles(t, { 'job.yaml': text })
  const { exitCode } = await streamz(t, ['run', 'job.yaml'], { cwd, stdin: '0\n1\n2\n3\n' })
  t.is(exitCode, 75)
  assertBalanced(t, readJobSummary(cwd))
})

test('a step that has enough ends the job well', async t => {
  const text = 'summary: summary.json\nsteps:\n  - skip: {count: 1}\n  - take: {count: 2}\n  - batch: {size: 2}\n'
  const cwd = makeFiles(t, { 'job.yaml': text })
  const { stdout, statuses } = await pipeline(t, ['yes 1', 'streamz run job.yaml'], { cwd })
  t.deepEqual([String(stdout), statuses], ['[1,1]\n', [141, 0]])
  assertBalanced(t, readJobSummary(cwd))
})

test('an input that cannot be read is 74, and what came before is delivered', async t => {
  const text =
    'summary: summary.json\ninput: [in, folder]\nsteps:\n  - skip: {count: 1}\n  - skip: {count: 0}\n  - batch: {size: 1}\n'
  const cwd = makeFiles(t, { 'job.yaml': text, in: '1\n2\n' })
  const { stdout, stderr, exitCode } = await shell(t, 'mkdir folder; streamz run job.yaml', { cwd })
  t.deepEqual([String(stdout), exitCode], ['[2]\n', 74])
  t.regex(stderr, /Cannot read folder: it is a folder\n$/)
  assertBalanced(t, readJobSummary(cwd))
})

test('a summary that cannot be written is 74', async t => {
  const cwd = makeFiles(t, { 'job.yaml': 'summary: no/such\nsteps:\n  - skip: {count: 0}\n' })
  const { stdout, exitCode } = await streamz(t, ['run', 'job.yaml'], { cwd, stdin: '1\n' })
  t.deepEqual([String(stdout), exitCode], ['1\n', 74])
})

test('SIGUSR1 tells how far the job is and what a step waits for', async t => {
  const cwd = makeFiles(t, {
    'job.yaml': 'steps:\n  - skip: {count: 1}\n  - gate: {file: ready, interval: 20ms, rise: 1}\n',
  })
  const { child, finished } = start(t, ['run', 'job.yaml'], { cwd })
  child.stdin.write('0\n1\n2\n')
  // The gate has been asked by then, and says so.
  await untilSaid(child.stderr, 'ready')
  child.kill('SIGUSR1')
  const said = await untilSaid(child.stderr, 'waits for')
  t.regex(said, /streamz run: waits for the gate · \d+ rec .* \(ready does not exist, asked /)
  writeFileSync(join(cwd, 'ready'), '')
  child.stdin.end()
  const { stdout, exitCode } = await finished
  t.deepEqual([String(stdout), exitCode], ['1\n2\n', 0])
})
