// biome-ignore-all lint/suspicious/noTemplateCurlyInString: job files hold ${name}
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { open, writeState } from '../helpers/breaker-state.js'
import { shell, streamz } from '../helpers/cli.js'
import { makeFiles } from '../helpers/job.js'
import { makeFolder } from '../helpers/temporary-folder.js'

const job = `vars: {size: {default: 2}}
input: orders/*.ndjson
steps:
  - skip: {count: 1}
  - throttle: {rate: 1/s}
  - map: {name: price, js: "r => ({...r, total: r.amount * 2})"}
  - breaker: {name: score, retries: 2, backoff: 1s..1s, timeout: 5s, consecutive: 4, min-calls: 4, open-for: 30s..30s, state: api.json, concurrency: 1, command: [./score, "{.id}"], into: .score, on-change: "touch changed"}
  - batch: {size: "\${size}"}
dlq: failed.ndjson
lock: job
output: out.ndjson
summary: summary.json
`

const suite = `job: job.yaml
tests:
  - name: scores and batches what is not skipped, one a second
    input: ['{"id":0,"amount":9}', '{"id":1,"amount":1}', '{"id":2,"amount":2}', '{"id":3,"amount":3}']
    calls: {score: [{answer: '10'}, {answer: '20'}, {answer: '30'}]}
    expect:
      output:
        - '[{"id":1,"amount":1,"total":2,"score":10},{"id":2,"amount":2,"total":4,"score":20}]'
        - '[{"id":3,"amount":3,"total":6,"score":30}]'
      calls: {score: 3}
      elapsed: 1900ms..2s
  - name: a record that fails three times is kept, one that fails for good is not retried
    input: ['0', '{"id":1,"amount":1}', '{"id":2,"amount":2}', '{"amount":3}']
    calls: {score: [{fail: "exit:75", times: 3}, {fail: "exit:65"}]}
    expect:
      output: []
      failures:
        - {step: score, kind: exit, attempts: 3, line: 2, kept: failed.ndjson}
        - {step: score, kind: exit, attempts: 1, line: 3, kept: failed.ndjson}
        - {step: score, kind: field, line: 4, record: {amount: 3, total: 6}}
      exit: 1
  - name: an outage pauses and loses nothing
    input: ['0', '{"id":1,"amount":1}', '{"id":2,"amount":2}']
    calls: {score: [{fail: timeout, times: 4}, {answer: '1'}]}
    expect:
      output: 1
      failures: [{kind: timeout}]
      exit: 1
      elapsed: 44s..60s
  - name: other sizes
    set: {size: 1}
    input: ['0', '{"id":1,"amount":1}']
    calls: {score: [{answer: '1', ms: 700}]}
    expect: {output: ['[{"id":1,"amount":1,"total":2,"score":1}]'], elapsed: 700ms}
`

test('a sound job passes on a clock of its own, and touches nothing', async t => {
  const cwd = makeFiles(t, { 'job.yaml': job, 'job.test.yaml': suite })
  const { stdout, stderr, exitCode } = await streamz(t, ['test', 'job.test.yaml'], { cwd })
  t.regex(String(stdout), /^(ok {4}.*\n){4}4 tests, 0 failed\n$/)
  t.deepEqual([stderr, exitCode], ['', 0])
  t.deepEqual(readdirSync(cwd).toSorted(), ['job.test.yaml', 'job.yaml'])
})

/** What is planted, in which words of the job in the place of which others, and what a test says then. */
const planted: readonly (readonly [what: string, from: string, to: string, words: RegExp])[] = [
  ['a wrong number of retries', 'retries: 2', 'retries: 1', /attempts: expected 3, got 2/],
  ['a missing dead-letter file', 'dlq: failed.ndjson\n', '', /kept: expected "failed.ndjson", got null/],
  [
    'an order of steps',
    'skip: {count: 1}\n  - throttle: {rate: 1/s}',
    'throttle: {rate: 1/s}\n  - skip: {count: 1}',
    /elapsed: expected 1\.9s\.\.2s, got 2\.99s/,
  ],
  ['a dropped record', 'skip: {count: 1}', 'skip: {count: 2}', /output: line 1: expected/],
  ['a wrong rate', 'rate: 1/s', 'rate: 2/s', /elapsed: expected 1\.9s\.\.2s, got 990ms/],
  ['a missing timeout', 'timeout: 5s', 'timeout: 0', /the job (waits for something that never comes|does not end)/],
  ['a wrong timeout', 'timeout: 5s', 'timeout: 5m', /elapsed: expected 44s\.\.60s/],
  ['a wrong field', 'into: .score', 'into: .scores', /output: line 1: expected/],
  ['a wrong function', 'r.amount * 2', 'r.amount * 3', /output: line 1: expected .*"total":2.*got .*"total":3/],
  ['a wrong default', 'default: 2', 'default: 3', /output: line 1: expected/],
  ['a tolerance', 'lock: job', 'tolerate: 50', /exit: expected 1, got 0/],
  ['a step too many', '  - batch', '  - take: {count: 1}\n  - batch', /output: line 1: expected/],
  ['an argument that is not there', '{.id}', '{.order}', /failures: expected 0, got 3/],
]

test.serial('tests find each of the planted mistakes', async t => {
  t.true(planted.length >= 10)
  const cwd = makeFolder(t)
  for (const [index, [what, from, to]] of planted.entries()) {
    t.true(job.includes(from), what)
    mkdirSync(join(cwd, String(index)))
    writeFileSync(join(cwd, `${index}/job.yaml`), job.replace(from, to))
    writeFileSync(join(cwd, `${index}/job.test.yaml`), suite)
  }
  const files = [...planted.keys()].map(index => `${index}/job.test.yaml`)
  const { stdout, exitCode } = await streamz(t, ['test', ...files], { cwd })
  t.is(exitCode, 1)
  const parts = String(stdout).split(/^\d+\/job\.test\.yaml:\n/m)
  t.is(parts.length, planted.length + 1)
  for (const [index, [what, , , words]] of planted.entries()) {
    t.regex(parts[index + 1] ?? '', words, what)
    t.regex(parts[index + 1] ?? '', /^FAIL/m, what)
  }
})

test.serial('hours of waiting take no time', async t => {
  const cwd = makeFiles(t, {
    'job.yaml': job.replace('timeout: 5s', 'timeout: 2h'),
    'job.test.yaml': suite.replace('44s..60s', '8h..9h'),
  })
  const { stdout, stderr, exitCode } = await shell(t, 'streamz test job.test.yaml; code=$?; times >&2; exit $code', {
    cwd,
  })
  t.is(exitCode, 0, String(stdout))
  // What all children took of the processor: the time of the wall depends on what else runs.
  const [, minutes, seconds] = /(\d+)m([\d.]+)s \d+m[\d.]+s\n$/.exec(stderr) ?? []
  t.true(Number(minutes) * 60 + Number(seconds) < 5, stderr)
})

const rejected = test.macro({
  title: (what = '') => `${what} fails`,
  async exec(t, text: string, exit: number, words: RegExp, files: Readonly<Record<string, string>> = {}) {
    const cwd = makeFiles(t, {
      'job.yaml': 'steps:\n  - map: {command: [cat]}\n  - skip: {count: 0}\n',
      'job.test.yaml': text,
      ...files,
    })
    const { stdout, stderr, exitCode } = await streamz(t, ['test', 'job.test.yaml'], { cwd })
    t.is(exitCode, exit)
    t.regex(`${stdout}${stderr}`, words)
  },
})

const one = (text: string) => `job: job.yaml\ntests:\n  - name: x\n    ${text.replaceAll('\n', '\n    ')}\n`

test(
  'a file without tests',
  rejected,
  'job: job.yaml\ntests: []\n',
  2,
  /job\.test\.yaml:2:8: tests: expected a list with at least one test/,
)
test('a test without expectations', rejected, one("input: ['1']"), 2, /job\.test\.yaml:3:5: expect is missing/)
test(
  'a fake that is not used',
  rejected,
  one("input: ['1']\ncalls: {map: [{answer: '1'}, {answer: '2'}]}\nexpect: {output: 1}"),
  1,
  /calls: map: the fake of line 5 was used 0 of 1 times/,
)
test(
  'a fake that is used too seldom',
  rejected,
  one("input: ['1']\ncalls: {map: [{answer: '1', times: 3}]}\nexpect: {output: 1}"),
  1,
  /was used 1 of 3 times/,
)
test(
  'a call without a fake',
  rejected,
  one("input: ['1']\nexpect: {exit: 0}"),
  1,
  /calls: map would make a call, and the test has no fake for it/,
)
test(
  'a step that is never reached',
  rejected,
  one('input: []\nexpect: {output: 0}'),
  1,
  /FAIL {2}every step of job\.yaml is reached\n {6}no test gives a record to the step map\n.*skip/,
)
test(
  'a fake for a step that is not there',
  rejected,
  one("calls: {mpa: [{answer: '1'}]}\nexpect: {output: 0}"),
  2,
  /The job has no step mpa; did you mean map\?/,
)
test(
  'a misspelt key',
  rejected,
  one('expct: {output: 0}'),
  2,
  /job\.test\.yaml:4:5: test: unknown key "expct"; did you mean expect\?/,
)
test(
  'a misspelt failure',
  rejected,
  one('calls: {map: [{fail: timout}]}\nexpect: {output: 0}'),
  2,
  /job\.test\.yaml:4:26: calls: fail: expected .*did you mean timeout\?/,
)
test(
  'a failure of an unknown key',
  rejected,
  one('expect: {failures: [{knd: exit}]}'),
  2,
  /failures: unknown key "knd"; did you mean kind\?/,
)
test(
  'two tests of a name',
  rejected,
  `${one('expect: {output: 0}')}  - name: x\n    expect: {output: 0}\n`,
  2,
  /there is another test "x"/,
)
test('a mistake in the job', rejected, one('expect: {output: 0}'), 2, /job\.yaml:1:1: unknown key "stps"/, {
  'job.yaml': 'stps: []\n',
})
test(
  'a job that is not there',
  rejected,
  one('expect: {output: 0}').replace('job.yaml', 'jb.yaml'),
  2,
  /Cannot read .*jb\.yaml/,
)
test(
  'an answer that is not JSON',
  rejected,
  one("input: ['1']\ncalls: {map: [{answer: 'ok'}]}\nexpect: {output: 1, failures: []}"),
  1,
  /failures: expected 0, got 1 \(map line 1: output_parse/,
)

test('functions of map and filter run really, and take no time', async t => {
  const cwd = makeFiles(t, {
    'job.yaml': `steps:
  - filter: {js: "r => r.a > 1"}
  - map: {js: "r => ({...r, b: r.a.length})"}
  - filter: {js: "r => r.a.b.c", name: broken}
`,
    'job.test.yaml': `job: job.yaml
tests:
  - name: x
    input: ['{"a":1}', '{"a":2}', 'no', '{"a":3}']
    expect:
      output: 0
      failures: [{step: filter, kind: parse}, {step: broken, kind: script, line: 2}, {step: broken, line: 4}]
      exit: 1
      elapsed: 0s
`,
  })
  const { stdout, exitCode } = await streamz(t, ['test', 'job.test.yaml'], { cwd })
  t.is(exitCode, 0, String(stdout))
})

test('test without a file is 2', async t => {
  const { exitCode, stderr } = await streamz(t, ['test'])
  t.is(exitCode, 2)
  t.regex(stderr, /No FILE was given/)
})

test('a state is seeded and looked at', async t => {
  // The clock of a test begins here.
  const begin = Date.UTC(2026, 0, 1)
  const cwd = makeFiles(t, {
    'job.yaml': 'steps:\n  - breaker: {name: score, state: api.json, on-open: fail, command: [cat]}\n',
  })
  writeState(cwd, open)
  const seed = readFileSync(join(cwd, 'api.json'), 'utf8').replaceAll(/\d{13}/g, time =>
    String(Number(time) - Date.now() + begin),
  )
  rmSync(join(cwd, 'api.json'))
  const text = (state: string) => `job: job.yaml
tests:
  - name: without a state it calls
    input: ['1']
    calls: {score: [{answer: '1'}]}
    expect: {output: 1, calls: {score: 1}, state: {score: {state: ${state}}}}
  - name: while it is open nothing is called
    input: ['1']
    state: {score: ${seed.trim()}}
    expect: {output: 0, exit: 75, calls: {score: 0}, state: {score: {state: open}}}
`
  writeFileSync(join(cwd, 'good.yaml'), text('closed'))
  writeFileSync(join(cwd, 'wrong.yaml'), text('open'))
  const good = await streamz(t, ['test', 'good.yaml'], { cwd })
  t.regex(String(good.stdout), /^ok .*\nok .*\n/)
  t.regex(String(good.stdout), /2 tests, 0 failed\n$/)
  const wrong = await streamz(t, ['test', 'wrong.yaml'], { cwd })
  t.regex(String(wrong.stdout), /state: score: expected \{"state":"open"\}, got \{.*"state":"closed"/)
  t.false(existsSync(join(cwd, 'api.json')))
})

test('a gate, a quota and lines of text are tested in no time too', async t => {
  const text = `job: job.yaml
tests:
  - name: it waits until the service is well
    input: [a, b, c]
    calls: {gate: [{fail: "exit:1", times: 2}, {answer: ''}]}
    expect: {output: [a, b, c], elapsed: 3m..5m}
`
  const cwd = makeFiles(t, {
    'job.yaml':
      'raw-input: true\nraw-output: true\nsteps:\n  - gate: {cmd: "exit 1", interval: 1m, rise: 1}\n  - throttle: {rate: 1/m, state: quota.json}\n',
    'job.test.yaml': text,
  })
  const { stdout, exitCode } = await streamz(t, ['test', 'job.test.yaml'], { cwd })
  t.is(String(stdout), 'ok    it waits until the service is well\n1 test, 0 failed\n')
  t.is(exitCode, 0)
  t.deepEqual(readdirSync(cwd).toSorted(), ['job.test.yaml', 'job.yaml'])
})

test('the report is XML with what failed', async t => {
  const cwd = makeFiles(t, {
    'job.yaml': 'steps:\n  - skip: {count: 1}\n',
    'job.test.yaml':
      'job: job.yaml\ntests:\n  - name: a < b & "c"\n    input: ["1", "2"]\n    expect: {output: ["3"]}\n  - name: good\n    input: ["1", "2"]\n    expect: {output: 1}\n',
  })
  const { exitCode } = await streamz(t, ['test', 'job.test.yaml', '--junit', 'report.xml'], { cwd })
  t.is(exitCode, 1)
  const report = readFileSync(join(cwd, 'report.xml'), 'utf8').replaceAll(/time="[\d.]+"/g, 'time="0"')
  t.is(
    report,
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="job.test.yaml" tests="2" failures="1" time="0">
    <testcase classname="job.test.yaml" name="a &lt; b &amp; &quot;c&quot;" time="0">
      <failure message="output: line 1: expected 3, got 2">output: line 1: expected 3, got 2</failure>
    </testcase>
    <testcase classname="job.test.yaml" name="good" time="0"/>
  </testsuite>
</testsuites>
`,
  )
})

test('a fake is for the records of its `where`; a call that none is for fails the test', async t => {
  const text = (more: string) => `job: job.yaml
tests:
  - name: x
    input: ['{"id":1}', '{"id":2}', '{"id":1}']
    calls: {map: [{where: .id == 2, answer: '"two"'}${more}]}
    expect: {output: ['"one"', '"two"', '"one"'], calls: {map: 3}}
`
  const cwd = makeFiles(t, {
    'job.yaml': 'steps:\n  - map: {command: [cat]}\n',
    'good.yaml': text(`, {where: .id == 1, answer: '"one"'}`),
    'wrong.yaml': text(''),
  })
  const good = await streamz(t, ['test', 'good.yaml'], { cwd })
  t.is(good.exitCode, 0, String(good.stdout))
  const wrong = await streamz(t, ['test', 'wrong.yaml', '--update'], { cwd })
  t.is(wrong.exitCode, 1)
  t.regex(String(wrong.stdout), /calls: map would make a call, and the test has no fake for it/)
  // What was made up for a call without a fake is never expected.
  t.is(readFileSync(join(cwd, 'wrong.yaml'), 'utf8'), text(''))
})

test(
  'a condition that is none',
  rejected,
  one("calls: {map: [{where: .id = 2, answer: '1'}]}\nexpect: {output: 0}"),
  2,
  /job\.test\.yaml:4:27: calls: where: .*did you mean/,
)

test('steps with files of their own are tested, and touch nothing', async t => {
  const cwd = makeFiles(t, {
    'job.yaml': `steps:
  - dedupe: {key: .id, state: seen}
  - throttle: {rate: 1/s, state: quota.json}
  - throttle: {rate: 1/s, state: quota.json}
  - window: {size: 1m, ts: .time, late: late.ndjson}
  - partition: {key: .n, missing: pass, out: "../part/{key}.ndjson"}
`,
    'job.test.yaml': `job: job.yaml
tests:
  - name: each id once
    input:
      - '{"id":1,"time":"2026-01-01T00:10:00Z"}'
      - '{"id":1,"time":"2026-01-01T00:10:00Z"}'
      - '{"id":2,"time":"2026-01-01T00:01:00Z"}'
    expect: {output: 0, elapsed: 2.9s..4s}
`,
  })
  const { stdout, stderr, exitCode } = await streamz(t, ['test', 'job.test.yaml'], { cwd })
  t.deepEqual([stderr, exitCode], ['', 0], String(stdout))
  t.deepEqual(readdirSync(cwd).toSorted(), ['job.test.yaml', 'job.yaml'])
  t.false(existsSync(join(cwd, '../part')))
})

const branches = {
  'job.yaml': `dlq: failed.ndjson
steps:
  - route:
      branches:
        - name: large
          where: .amount > 100
          steps: [{map: {name: check, retries: 1, backoff: 1h..1h, command: [./check]}}]
          output: large.ndjson
        - {name: refunds, where: .kind == "refund", output: refunds.ndjson}
        - {name: odd, where: .odd, dlq: odd.ndjson}
        - {name: none, where: .none, drop: true}
`,
}
const branched = (more: string) => `job: job.yaml
tests:
  - name: each goes its way
    input: ['{"amount":200}', '{"amount":1,"kind":"refund"}', '{"odd":1}', '{"none":1}', '{"amount":300}', '7']
    calls: {check: [{answer: '1'}, {fail: timeout, times: 2, where: .amount == 300}]}
    expect:
      output: ['7']
      failures:
        - {step: odd, kind: unmatched, kept: odd.ndjson}
        - {step: check, kind: timeout, attempts: 2, kept: failed.ndjson}
      exit: 1
      elapsed: 1m..62m
      ${more}
`

test('the branches of a job are tested, and no file is written', async t => {
  const cwd = makeFiles(t, {
    ...branches,
    'job.test.yaml': branched(`outputs: {large: ['1'], refunds: 1}`),
    'other.test.yaml': branched(`outputs: {large: 2, refunds: ['{}']}`),
    'wrong.test.yaml': branched('outputs: {odd: 1}'),
    'part.test.yaml': `job: job.yaml\ntests:\n  - {name: x, input: ['7'], expect: {output: 1}}\n`,
  })
  const sound = await streamz(t, ['test', 'job.test.yaml'], { cwd })
  t.deepEqual([sound.stderr, sound.exitCode], ['', 0], String(sound.stdout))
  const other = await streamz(t, ['test', 'other.test.yaml'], { cwd })
  t.regex(
    String(other.stdout),
    /outputs: large: expected 2 lines, got 1\n.*outputs: refunds: line 1: expected \{\}, got/,
  )
  t.is(other.exitCode, 1)
  const updated = await streamz(t, ['test', 'other.test.yaml', '--update'], { cwd })
  t.is(updated.exitCode, 0, String(updated.stdout))
  t.true(
    readFileSync(join(cwd, 'other.test.yaml'), 'utf8').includes(
      `outputs: {large: 1, refunds: ['{"amount":1,"kind":"refund"}']}`,
    ),
  )
  const wrong = await streamz(t, ['test', 'wrong.test.yaml'], { cwd })
  t.regex(wrong.stderr, /outputs: no branch odd ends in a file; those that do are large, refunds/)
  t.is(wrong.exitCode, 2)
  const part = await streamz(t, ['test', 'part.test.yaml'], { cwd })
  for (const what of ['step check', 'step odd', 'branch refunds', 'branch none'])
    t.true(String(part.stdout).includes(`no test gives a record to the ${what}\n`), what)
  t.is(part.exitCode, 1)
  t.deepEqual(
    readdirSync(cwd).filter(name => !name.endsWith('.test.yaml')),
    ['job.yaml'],
  )
})
