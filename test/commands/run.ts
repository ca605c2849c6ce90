// biome-ignore-all lint/suspicious/noTemplateCurlyInString: job files hold ${name}
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import test from 'ava'
import { shell, start, streamz } from '../helpers/cli.js'
import { assertBalanced, makeFiles, readJobSummary } from '../helpers/job.js'

const count = (n: number) => `${Array.from({ length: n }, (_, index) => index + 1).join('\n')}\n`

test('a job does what its commands do in a pipeline, in one process', async t => {
  const job = `steps:
  - skip: {count: 1}
  - map: {js: "r => r * 2"}
  - batch: {size: 2}
`
  const cwd = makeFiles(t, { 'job.yaml': job })
  const { stdout, stderr, exitCode } = await streamz(t, ['run', 'job.yaml'], { cwd, stdin: count(6) })
  const piped = await shell(t, `streamz skip 1 | streamz map --js 'r => r * 2' | streamz batch --size 2`, {
    stdin: count(6),
  })
  t.is(String(stdout), '[4,6]\n[8,10]\n[12]\n')
  t.deepEqual(stdout, piped.stdout)
  t.deepEqual([stderr, exitCode], ['', 0])
})

test('a mistake reads nothing, creates nothing and is 2', async t => {
  const job = `input: in.ndjson\noutput: out\ndlq: failed\nlock: l\nsummary: s\nsteps:\n  - batch: {sise: 1}\n`
  const cwd = makeFiles(t, { 'job.yaml': job, 'in.ndjson': '1\n' })
  const { stdout, stderr, exitCode } = await streamz(t, ['run', 'job.yaml'], { cwd })
  t.deepEqual([String(stdout), exitCode], ['', 2])
  t.is(stderr, 'streamz run: job.yaml:7:13: batch: unknown key "sise"; did you mean size?\nSee: streamz help run\n')
  t.deepEqual(readdirSync(cwd).toSorted(), ['in.ndjson', 'job.yaml'])
})

test('files, patterns sorted by bytes and gzip are read, and failures name file and line', async t => {
  const job = `input: ["in/*.ndjson", last.gz]\nsteps:\n  - map: {js: "r => r.a.b"}\n  - skip: {count: 0}\n`
  const cwd = makeFiles(t, { 'job.yaml': job })
  mkdirSync(join(cwd, 'in'))
  for (const [name, text] of [
    ['b', '{"a":{"b":3}}'],
    ['B', '{"a":{"b":1}}\n{"x":1}'],
    ['é', '{"a":{"b":4}}'],
    ['a', '{"a":{"b":2}}'],
    ['.c', 'no'],
  ] as const) {
    writeFileSync(join(cwd, 'in', `${name}.ndjson`), `${text}\n`)
  }
  writeFileSync(join(cwd, 'last.gz'), gzipSync('{"a":{"b":5}}\n'))
  const { stdout, stderr, exitCode } = await streamz(t, ['run', 'job.yaml'], { cwd })
  t.is(String(stdout), '1\n2\n3\n4\n5\n')
  t.is(exitCode, 1)
  t.regex(stderr, /^\{"\$streamz":"error\/1",.*"line":2,"file":"in\/B.ndjson",.*"stage":\{"command":"map","name":"map"/)
  t.regex(stderr, /streamz run: 1 of 6 records failed \(1 script in map\)\n$/)
})

test('a pattern without a file is 2, unless that is allowed', async t => {
  const job = (more: string) => `input: "*.none"\noutput: out\n${more}steps:\n  - skip: {count: 0}\n`
  const cwd = makeFiles(t, { 'job.yaml': job(''), 'empty.yaml': job('allow-empty: true\n') })
  const { stderr, exitCode } = await streamz(t, ['run', 'job.yaml'], { cwd })
  t.is(exitCode, 2)
  t.regex(stderr, /input: no file matches \*\.none; with allow-empty: true/)
  t.false(existsSync(join(cwd, 'out')))
  t.is((await streamz(t, ['run', 'empty.yaml'], { cwd, stdin: '1\n' })).exitCode, 0)
  t.is(readFileSync(join(cwd, 'out'), 'utf8'), '')
})

test('paths start from the folder of the file, wherever it is run', async t => {
  const cwd = makeFiles(t, {})
  mkdirSync(join(cwd, 'jobs'))
  writeFileSync(join(cwd, 'jobs', 'job.yaml'), 'input: in\noutput: out\nsteps:\n  - take: {count: 1}\n')
  writeFileSync(join(cwd, 'jobs', 'in'), '1\n2\n')
  t.is((await streamz(t, ['run', 'jobs/job.yaml'], { cwd })).exitCode, 0)
  t.is(readFileSync(join(cwd, 'jobs', 'out'), 'utf8'), '1\n')
})

test('the output takes its place when the job is complete, and a link stays', async t => {
  const job = 'input: in\noutput: out\nsteps:\n  - map: {js: "r => r + 1"}\n'
  const cwd = makeFiles(t, { 'job.yaml': job, in: '1\n2\n', real: 'old\n' })
  symlinkSync('real', join(cwd, 'out'))
  t.is((await streamz(t, ['run', 'job.yaml'], { cwd })).exitCode, 0)
  t.is(readFileSync(join(cwd, 'real'), 'utf8'), '2\n3\n')
  t.deepEqual(readdirSync(cwd).toSorted(), ['in', 'job.yaml', 'out', 'real'])
})

test('the output of a job that was cut stays aside, and the old one stays', async t => {
  const job = 'input: in\noutput: out\nmax-fail: 0\nsteps:\n  - map: {js: "r => r.a.b", concurrency: 1}\n'
  const cwd = makeFiles(t, { 'job.yaml': job, in: '{"a":{"b":1}}\n{}\n', out: 'old\n' })
  const { stderr, exitCode } = await streamz(t, ['run', 'job.yaml'], { cwd })
  t.is(exitCode, 65)
  t.is(readFileSync(join(cwd, 'out'), 'utf8'), 'old\n')
  t.regex(stderr, /the incomplete output is in \S+?(;|\n)/)
  const [, kept = ''] = /the incomplete output is in (\S+?)(;|\n)/.exec(stderr) ?? []
  t.is(readFileSync(resolve(cwd, kept), 'utf8'), '1\n')
})

test('append adds to the output', async t => {
  const cwd = makeFiles(t, {
    'job.yaml': 'input: in\noutput: out\nappend: true\nsteps:\n  - skip: {count: 1}\n',
    in: '1\n2\n',
    out: '0\n',
  })
  t.is((await streamz(t, ['run', 'job.yaml'], { cwd })).exitCode, 0)
  t.is(readFileSync(join(cwd, 'out'), 'utf8'), '0\n2\n')
})

test('each step has its failures kept where it says, else where the job says', async t => {
  const job = `dlq: all.ndjson
tolerate: 1
steps:
  - map: {name: one, js: "r => r.a.b"}
  - map: {name: two, js: "r => r.c.d", dlq: two.ndjson}
summary: summary.json
`
  const cwd = makeFiles(t, { 'job.yaml': job })
  const stdin = '{}\n{"a":{"b":{}}}\n{"a":{"b":{"c":{"d":1}}}}\n'
  const { stdout, stderr, exitCode } = await streamz(t, ['run', 'job.yaml'], { cwd, stdin })
  t.deepEqual([String(stdout), exitCode], ['1\n', 0])
  t.regex(readFileSync(join(cwd, 'all.ndjson'), 'utf8'), /^\{.*"name":"one".*"record":\{\}\}\n$/)
  t.regex(readFileSync(join(cwd, 'two.ndjson'), 'utf8'), /^\{.*"name":"two".*"record":\{\}\}\n$/)
  t.regex(stderr, /2 of 3 records failed \(1 script in one; 1 script in two\); kept in all\.ndjson, two\.ndjson/)
  const summary = readJobSummary(cwd)
  assertBalanced(t, summary)
  t.like(summary, {
    job: null,
    exit_code: 0,
    steps: [
      { stage: 'one', failed: 1 },
      { stage: 'two', failed: 1 },
    ],
  })
})

test('a step that fails more than it may makes the job fail', async t => {
  const job =
    'steps:\n  - map: {js: "r => r.a.b", tolerate: 0}\n  - skip: {count: 0}\ntolerate: 100%\nfailures: brief\n'
  const cwd = makeFiles(t, { 'job.yaml': job })
  const { stderr, exitCode } = await streamz(t, ['run', 'job.yaml'], { cwd, stdin: '{}\n' })
  t.is(exitCode, 1)
  t.regex(stderr, /^line 1: script\n/)
})

test('a job whose lock is held is 75 and touches nothing', async t => {
  const job = (input: string) =>
    `lock: job\noutput: out-${input}\nsteps:\n  - map: {command: [sh, -c, "echo begun >&2; cat"]}\n`
  const cwd = makeFiles(t, { 'one.yaml': job('1'), 'two.yaml': job('2') })
  const { child, finished } = start(t, ['run', 'one.yaml'], { cwd })
  child.stdin.write('1\n')
  await new Promise<void>(resolve => child.stderr.on('data', text => String(text).includes('begun') && resolve()))
  const other = await streamz(t, ['run', 'two.yaml'], { cwd, stdin: '1\n' })
  t.is(other.exitCode, 75)
  t.regex(other.stderr, /^streamz run: Another run holds job\.lock \(process \d+ on /)
  t.false(existsSync(join(cwd, 'out-2')))
  child.stdin.end()
  t.is((await finished).exitCode, 0)
  t.false(existsSync(join(cwd, 'job.lock')))
  t.is((await streamz(t, ['run', 'two.yaml'], { cwd, stdin: '1\n' })).exitCode, 0)
})

test('a program that is not there is 127 before anything is read or written', async t => {
  const job = 'output: out\nsteps:\n  - skip: {count: 0}\n  - map: {command: [no-such-program]}\n'
  const cwd = makeFiles(t, { 'job.yaml': job })
  const { stderr, exitCode } = await streamz(t, ['run', 'job.yaml'], { cwd, stdin: '1\n' })
  t.is(exitCode, 127)
  t.regex(stderr, /^streamz run: map: Cannot run no-such-program/)
  t.deepEqual(readdirSync(cwd), ['job.yaml'])
})

test('what a step has not got at the start is told with its name, before anything is read', async t => {
  const job =
    'output: out\nsteps:\n  - partition: {key: .a, out: "{key}.x"}\n  - map: {name: call, http: "http://127.0.0.1:1", header: "a: env:NO_SUCH"}\n'
  const cwd = makeFiles(t, { 'job.yaml': job })
  const { stderr, exitCode } = await streamz(t, ['run', 'job.yaml'], { cwd, stdin: '1\n' })
  t.is(exitCode, 2)
  t.regex(stderr, /^streamz run: call: header a: the environment variable NO_SUCH is not set/)
  t.deepEqual(readdirSync(cwd), ['job.yaml'])
  const { stdout } = await streamz(t, ['run', 'job.yaml', '--dry-run'], { cwd, stdin: '1\n' })
  t.regex(String(stdout), /\nwrites other files: partition\n/)
})

test('a file that is read and written is refused', async t => {
  for (const [more, words] of [
    ['output: in', /in is the same file as output in/],
    ['dlq: in', /in is the same file as skip: dlq in/],
  ] as const) {
    const cwd = makeFiles(t, { 'job.yaml': `input: in\n${more}\nsteps:\n  - skip: {count: 0}\n`, in: '1\n' })
    const { stderr, exitCode } = await streamz(t, ['run', 'job.yaml'], { cwd })
    t.is(exitCode, 2)
    t.regex(stderr, words)
    t.is(readFileSync(join(cwd, 'in'), 'utf8'), '1\n')
  }
})

test('lines of text come in and go out', async t => {
  const cwd = makeFiles(t, {
    'job.yaml': 'raw-input: true\nraw-output: true\nsteps:\n  - map: {js: "r => r + r"}\n  - skip: {count: 0}\n',
  })
  const { stdout } = await streamz(t, ['run', 'job.yaml'], { cwd, stdin: 'a"b\nc\n' })
  t.is(String(stdout), 'a"ba"b\ncc\n')
})

test('variables reach texts, scripts and shells as values', async t => {
  const job = `vars: {who: {required: true}}
steps:
  - map: {command: [echo, "\${who}"], raw: true}
  - map: {js: "r => [r, process.env.who]"}
  - map: {shell: true, command: ['cat; echo "\\"$who\\""'], multi: true}
`
  const cwd = makeFiles(t, { 'job.yaml': job })
  const { stdout, exitCode } = await streamz(t, ['run', 'job.yaml', '--set', 'who=x; $(y)'], { cwd, stdin: '1\n' })
  t.deepEqual([String(stdout), exitCode], ['["x; $(y)","x; $(y)"]\n"x; $(y)"\n', 0])
})

test('failure records of earlier programs pass all steps untouched', async t => {
  const cwd = makeFiles(t, { 'job.yaml': 'steps:\n  - skip: {count: 0}\n  - batch: {size: 5}\n' })
  const failure = (await streamz(t, ['map', '--inline', '--js', 'r => r.a.b'], { stdin: '{}\n' })).stdout
  const { stdout } = await streamz(t, ['run', 'job.yaml'], { cwd, stdin: `1\n${failure}2\n` })
  t.is(String(stdout), `${failure}[1,2]\n`)
})

test('a step that keeps failure records takes them out of the stream', async t => {
  const cwd = makeFiles(t, { 'job.yaml': 'steps:\n  - dlq: {to: taken.ndjson}\n  - batch: {size: 5}\n' })
  const failure = (await streamz(t, ['map', '--inline', '--js', 'r => r.a.b'], { stdin: '{}\n' })).stdout
  const { stdout, exitCode } = await streamz(t, ['run', 'job.yaml'], { cwd, stdin: `1\n${failure}2\n` })
  t.deepEqual([String(stdout), exitCode], ['[1,2]\n', 1])
  t.regex(readFileSync(join(cwd, 'taken.ndjson'), 'utf8'), /^\{"\$streamz":"error\/1".*"record":\{\}\}\n$/)
})
