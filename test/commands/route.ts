import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import test from 'ava'
import { findMiscounts, readSummary } from '../helpers/account.js'
import { assertGone, readPids, until } from '../helpers/children.js'
import { pipeline, records, shell, start, streamz } from '../helpers/cli.js'
import { kindsIn } from '../helpers/flags.js'
import { makeFolder } from '../helpers/temporary-folder.js'

const read = (cwd: string, name: string) => readFileSync(join(cwd, name), 'utf8')
const summary = ['--summary', 'summary.json']
const numbered = (count: number) => Array.from({ length: count }, (_, n) => `{"n":${n}}`)
const toInput = (lines: readonly string[]) => lines.map(line => `${line}\n`).join('')

test('the first expression that matches counts, byte for byte; what matches none goes on', async t => {
  const stdin = '{"n":1.0}\n {"n":5}\n{"n":9}\n{"n":"x"}\n'
  const args = ['route', 'small=.n < 3', 'middle=.n < 7', 'none=.never', ...summary]
  const { cwd, stdout, exitCode } = await streamz(t, args, { stdin })
  t.is(exitCode, 0)
  t.is(String(stdout), '{"n":9}\n{"n":"x"}\n')
  t.is(read(cwd, 'small.ndjson'), '{"n":1.0}\n')
  t.is(read(cwd, 'middle.ndjson'), ' {"n":5}\n')
  t.is(read(cwd, 'none.ndjson'), '')
  t.like(readSummary(cwd), { read: 4, delivered: 4, filtered: 0, failed: 0 })
})

test('--all copies a record to every match and counts it once', async t => {
  const args = ['route', 'small=.n < 3', 'odd=.n in [1, 3]', '--all', ...summary]
  const { cwd, stdout } = await streamz(t, args, { stdin: toInput(numbered(5)) })
  t.is(read(cwd, 'small.ndjson'), toInput(['{"n":0}', '{"n":1}', '{"n":2}']))
  t.is(read(cwd, 'odd.ndjson'), toInput(['{"n":1}', '{"n":3}']))
  t.is(String(stdout), '{"n":4}\n')
  t.like(readSummary(cwd), { read: 5, delivered: 5, out: 6 })
})

test('what matches nothing is dropped, or fails; bad records fail, failures of earlier stages go on', async t => {
  const upstream = '{"$streamz":"error/1","record":1}'
  const stdin = `{"n":1}\n${upstream}\nno\n{"n":9}\n`
  const dropped = await streamz(t, ['route', 'a=.n < 3', '--unmatched', 'drop', ...summary], { stdin })
  t.deepEqual([String(dropped.stdout), dropped.exitCode, kindsIn(dropped.stderr)], [`${upstream}\n`, 1, ['parse']])
  t.like(readSummary(dropped.cwd), { read: 3, delivered: 1, filtered: 1, failed: 1 })
  const failed = await streamz(t, ['route', 'a=.n < 3', 'b=.m', '--unmatched', 'fail', '-q'], { stdin })
  t.deepEqual([String(failed.stdout), failed.exitCode], [`${upstream}\n`, 1])
  t.like(records(failed.stderr)[1], {
    line: 4,
    error: { kind: 'unmatched', class: 'input', message: 'Line 4 matches no route (a, b)' },
    record: { n: 9 },
  })
  t.is(read(failed.cwd, 'a.ndjson'), '{"n":1}\n')
})

test('a command gets all its records and its name; what it prints goes to standard error', async t => {
  const args = ['route', 'big-one=.n >= 3', '--to', 'big-one=| cat > x.{name}; echo "done {name}"', ...summary]
  const { cwd, stdout, stderr, exitCode } = await streamz(t, args, { stdin: toInput(numbered(5)) })
  t.deepEqual([exitCode, String(stdout), stderr], [0, toInput(numbered(3)), 'done big-one\n'])
  t.is(read(cwd, 'x.big-one'), toInput(['{"n":3}', '{"n":4}']))
  t.like(readSummary(cwd), { read: 5, delivered: 5 })
})

test('a slow command holds back the whole', async t => {
  const cwd = makeFolder(t)
  const args = [
    'route',
    'a=.n >= 0',
    '--to',
    'a=| echo up >up; while [ ! -e go ]; do sleep 0.02; done; wc -l >count',
    ...summary,
  ]
  const { child, finished } = start(t, args, { cwd })
  const line = `{"n":1,"pad":"${'x'.repeat(1000)}"}\n`
  let written = 0
  // More than all pipes on the way hold: at some point no more is taken.
  while (child.stdin.write(line.repeat(100)) || written < 20) written++
  await until(t, 'the command runs', () => existsSync(join(cwd, 'up')))
  await until(t, 'the input waits', () => child.stdin.writableLength > 0)
  t.true(child.stdin.writableNeedDrain)
  writeFileSync(join(cwd, 'go'), '')
  child.stdin.end()
  t.is((await finished).exitCode, 0)
  t.is(Number(read(cwd, 'count')), (written + 1) * 100)
})

for (const [name, command, told] of [
  ['fails at once', 'exit 3', /The command of a exited with 3\n/],
  ['fails at its end', 'cat >/dev/null; exit 1', /The command of a exited with 1\n/],
  ['is not there', 'exec no-such-command 2>/dev/null', /The command of a exited with 127\n/],
  ['closes its input', 'exec <&-; sleep 0.1', /exited with 0 before it had read all of its input\n/],
  ['takes a little and exits with 0', 'head -n 1 >/dev/null', /exited with 0 before it had read all of its input\n/],
  ['is killed', 'kill -9 $$', /The command of a was killed by SIGKILL\n/],
  ['hangs', 'sleep 1000', /The command of a did not end within --drain 300ms\n/],
  ['hangs and ignores TERM', "trap '' TERM; sleep 1000", /The command of a did not end within --drain 300ms\n/],
] as const) {
  test(`a command that ${name}: 74, what it was given is undelivered, the others are finished`, async t => {
    const lines = numbered(50_000)
    const cwd = makeFolder(t)
    writeFileSync(join(cwd, 'in'), toInput(lines))
    const args = [
      'route',
      'a=.n in [0, 7, 9000]',
      'b=.n < 20000',
      '--to',
      `a=| ${command}`,
      '--drain',
      '300ms',
      ...summary,
    ]
    const { stdout, stderr, exitCode } = await streamz(t, [...args, 'in'], { cwd })
    t.is(exitCode, 74)
    t.regex(stderr, told)
    t.regex(stderr, /keep their temporary names: b\.ndjson\.part;|Stopped: an output failed/)
    t.regex(stderr, /Stopped: an output failed \(in\); undelivered=\d+ from line 1\n$/)
    t.deepEqual(
      readdirSync(cwd).filter(file => file === 'b.ndjson'),
      [],
    )
    const counters = readSummary(cwd)
    const aside = existsSync(join(cwd, 'b.ndjson.part')) ? read(cwd, 'b.ndjson.part') : ''
    const output = `${aside}${stdout}`.split('\n').filter(line => line !== '')
    t.deepEqual(findMiscounts({ input: lines.slice(0, counters.read), output, failed: [], counters }), [])
    t.true(counters.undelivered > 0)
  })
}

test('--all with a command that fails: a copy in a file does not make a record delivered', async t => {
  const args = ['route', 'a=.n < 4', 'b=.n < 2', '--all', '--to', 'b=| cat >/dev/null; exit 9', ...summary]
  const { cwd, exitCode, stderr } = await streamz(t, args, { stdin: toInput(numbered(6)) })
  t.is(exitCode, 74)
  t.like(readSummary(cwd), { read: 6, delivered: 4, undelivered: 2 })
  t.regex(stderr, /undelivered=2 from line 1\n$/)
  t.is(read(cwd, 'a.ndjson.part'), toInput(numbered(4)))
})

test('SIGTERM: commands get the end of their input and may finish; files stay aside', async t => {
  const cwd = makeFolder(t)
  const args = ['route', 'a=.n < 2', 'b=.n', '--to', 'a=| cat >got; echo ended >>got', ...summary]
  const { child, finished } = start(t, args, { cwd })
  child.stdin.write(toInput(numbered(4)))
  await until(t, 'the command has its records', () => existsSync(join(cwd, 'got')) && read(cwd, 'got') !== '')
  await until(t, 'the file is written', () => existsSync(join(cwd, 'b.ndjson.part')))
  child.kill('SIGTERM')
  const { exitCode, stderr } = await finished
  t.is(exitCode, 143)
  t.is(read(cwd, 'got'), `${toInput(numbered(2))}ended\n`)
  t.is(read(cwd, 'b.ndjson.part'), toInput(['{"n":2}', '{"n":3}']))
  t.regex(stderr, /b\.ndjson\.part; --append/)
  t.like(readSummary(cwd), { read: 4, delivered: 4, undelivered: 0, exit_code: 143 })
})

test('SIGTERM ends a command that hangs, with all it has started', async t => {
  const cwd = makeFolder(t)
  const args = ['route', 'a=.n', '--to', 'a=| sleep 1000 & echo "$! $$" >pids; wait', '--drain', '1500ms', ...summary]
  const { child, finished } = start(t, args, { cwd })
  child.stdin.write(toInput(numbered(4)))
  const pids = await readPids(t, join(cwd, 'pids'))
  child.kill('SIGTERM')
  const { exitCode } = await finished
  t.is(exitCode, 74)
  await assertGone(t, pids)
  t.like(readSummary(cwd), { read: 4, delivered: 0, undelivered: 4 })
})

test('kill -9 ends no command in the middle of a line, and leaves no final name', async t => {
  const cwd = makeFolder(t)
  const { child, finished } = start(t, ['route', 'a=.n >= 0', 'b=.m', '--to', 'a=| cat >got; echo ended >ended'], {
    cwd,
  })
  child.stdin.write(toInput(numbered(1000)))
  await until(
    t,
    'the command has its records',
    () => existsSync(join(cwd, 'got')) && read(cwd, 'got').endsWith('{"n":999}\n'),
  )
  child.kill('SIGKILL')
  await finished
  await until(t, 'the command ends with its input', () => existsSync(join(cwd, 'ended')))
  t.is(read(cwd, 'got'), toInput(numbered(1000)))
  t.false(existsSync(join(cwd, 'b.ndjson')))
})

test('a reader that goes away ends everything, quietly but for what stays aside', async t => {
  const stages = [`yes '{"n":1}'`, `streamz route none=.never --to none='| cat >got'`, 'head -n 1']
  const { statuses, stderr } = await pipeline(t, stages)
  t.is(statuses[1], 74)
  t.regex(stderr, /The command of none was cut off/)
})

test('packed files, and names with the name of the route', async t => {
  const args = ['route', 'a=.n', '--gzip', '--to', 'a=out/{name}/all.ndjson']
  const { cwd, exitCode } = await streamz(t, args, { stdin: '{"n":1}\n' })
  t.is(exitCode, 0)
  t.is(String(gunzipSync(readFileSync(join(cwd, 'out/a/all.ndjson.gz')))), '{"n":1}\n')
})

test('a full disk: the failed file is named and the others are finished', async t => {
  const script = `awk 'BEGIN { for (i = 0; i < 20000; i++) printf "{\\"n\\":%d}\\n", i }' >in
    ulimit -f 40; streamz route small='.n in [1, 5000]' rest=.n --summary - in`
  const { cwd, stderr, exitCode } = await shell(t, script)
  t.is(exitCode, 74)
  t.regex(stderr, /No space to write rest\.ndjson \(EFBIG\); free some space/)
  t.regex(stderr, /undelivered=\d+ from line \d+\n$/)
  const counters = records(stderr.split('\n').find(line => line.startsWith('{')) ?? '')[0] as Record<string, number>
  const there = ['small', 'rest'].flatMap(name => read(cwd, `${name}.ndjson.part`).trimEnd().split('\n'))
  t.is(there.length, counters.delivered ?? -1)
  t.is(counters.read, (counters.delivered ?? 0) + (counters.undelivered ?? 0))
})

for (const [args, told] of [
  [['in.ndjson'], /No NAME=EXPR was given/],
  [['a=.n <'], /a: column 5/],
  [['a=.n', 'a=.m'], /a is the name of two routes/],
  [['a=.n', '--to', 'b=x'], /--to: there is no route b, only a/],
  [['large=.n', '--to', 'lagre=x'], /--to: there is no route lagre; did you mean large\?/],
  [['a=.n', '--to', 'a=x', '--to', 'a=y'], /a has two --to options/],
  [['a=.n', '--to', 'a'], /--to: "a"/],
  [['a=.n', '--to', 'a=|'], /has no command after \|/],
  [['a=.n', '--to', 'a=-'], /a route cannot go to standard output/],
  [['a=.n', '>', '3'], /put EXPR in single quotes/],
  [['a=.n', '--to', 'a=in.ndjson', '--overwrite', 'in.ndjson'], /in\.ndjson is the same file as/],
  [['a=.n', 'b=.m', '--to', 'a=x', '--to', 'b=x'], /is the same file as/],
  [['a=.n', '--to', 'a=old'], /--to a: old already exists/],
  [['a=.n', '--to', 'a=/dev/null'], /--to a: \/dev\/null is not a regular file/],
] as const) {
  test(`route ${args.join(' ')} is refused`, async t => {
    const cwd = makeFolder(t)
    for (const name of ['in.ndjson', 'old']) writeFileSync(join(cwd, name), '{"n":1}\n')
    const { exitCode, stderr } = await streamz(t, ['route', ...args], { stdin: '{"n":1}\n', cwd })
    t.is(exitCode, 2)
    t.regex(stderr, told)
    t.deepEqual(readdirSync(cwd).toSorted(), ['in.ndjson', 'old'])
  })
}
