import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { assertAccount, recordOf } from './helpers/account.js'
import { assertGone } from './helpers/children.js'
import { pipeline, records, shell, start, streamz } from './helpers/cli.js'
import { kindsIn } from './helpers/flags.js'
import { makeFolder } from './helpers/temporary-folder.js'

const commands = [
  'throttle --rate 1000000000/s',
  'take 1000000000',
  'skip 0',
  'batch --size 1',
  'unbatch',
  'dlq --to failed.ndjson',
  'map -j 2 -- cat',
]
const endless = (command: string) => (command === 'unbatch' ? "yes '[1]'" : 'yes 1')

for (const command of commands) {
  test(`${command} ends quietly when the reader has gone`, async t => {
    const { stderr, statuses } = await pipeline(t, [endless(command), `streamz ${command}`, 'head -n 1'])
    t.deepEqual(statuses, [141, 141, 0])
    t.is(stderr, '')
  })

  test(`${command} says that a full disk took nothing, on endless input too`, async t => {
    const { stderr, statuses } = await pipeline(t, [endless(command), `streamz ${command} >/dev/full`])
    t.deepEqual(statuses, [141, 74])
    t.regex(stderr, /no space left on the device; undelivered=\d+ from line 1\n$/)
  })
}

test('a full disk is told of a short input too', async t => {
  const { stderr, exitCode, cwd } = await shell(t, 'streamz throttle --rate 1000/s --summary summary.json >/dev/full', {
    stdin: '10\n\n20',
  })
  t.is(exitCode, 74)
  t.true(stderr.endsWith('; undelivered=2 from line 1\n'), stderr)
  t.like(summary(cwd), { lines: 3, read: 2, blank: 1, delivered: 0, undelivered: 2, exit_code: 74 })
})

test('where SIGPIPE is ignored the exit code says the same', async t => {
  const script = `trap '' PIPE; yes 1 | (streamz take 1000000000; echo $? >status) | head -n 1`
  const { cwd } = await shell(t, script)
  t.is(readFileSync(join(cwd, 'status'), 'utf8'), '141\n')
})

test('standard input that is a folder is an error', async t => {
  const { stderr, exitCode } = await shell(t, 'streamz take 1 <.')
  t.is(exitCode, 74)
  t.regex(stderr, /Cannot read standard input: it is a folder\n$/)
})

test('closed standard streams are like empty ones', async t => {
  const { stdout } = await shell(
    t,
    'streamz take 1 <&-; echo $?; echo 1 | streamz take 1 >&-; echo $?; echo no | streamz unbatch 2>&-; echo $?',
  )
  t.is(String(stdout), '0\n0\n1\n')
})

test('a FILE that is missing stops the run before it has begun', async t => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 'there.ndjson'), '1\n')
  const { stdout, stderr, exitCode } = await streamz(t, ['take', '9', 'there.ndjson', 'missing.ndjson'], { cwd })
  t.deepEqual([String(stdout), exitCode], ['', 74])
  t.is(stderr, 'streamz take: Cannot read missing.ndjson: no such file\n')
})

test('FILEs are read one after another, - is standard input, gzip is unpacked, and a failure names its file', async t => {
  const script = `printf '[1]\\n[2]' >a; printf '[4]\\nno\\n' | gzip >b.gz; echo '[3]' | streamz unbatch -q a - b.gz`
  const { stdout, stderr, exitCode } = await shell(t, script)
  t.deepEqual([String(stdout), exitCode], ['1\n2\n3\n4\n', 1])
  t.like(records(stderr)[0], { file: 'b.gz', line: 2, raw: 'no' })
})

for (const command of [
  'take 9 f >>f',
  'take 9 <f >>f',
  'take 9 --dlq f <f',
  'take 9 --summary f f',
  'dlq --to f f',
  'take 9 --dlq g --summary g f',
]) {
  test(`streamz ${command} is refused`, async t => {
    const cwd = makeFolder(t)
    for (const name of ['f', 'g']) writeFileSync(join(cwd, name), '1\n')
    const { stderr, exitCode } = await shell(t, `streamz ${command}`, { cwd })
    t.is(exitCode, 2)
    t.regex(stderr, /is the same file as/)
    t.is(readFileSync(join(cwd, 'f'), 'utf8'), '1\n')
  })
}

const interrupted = test.macro({
  title: (_, signal: string) => `${signal} ends what waits, and everything is accounted for`,
  async exec(t, signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP', code: number) {
    const { child, finished } = start(t, ['throttle', '--rate', '1/h', '--progress', '--summary', 'summary.json'])
    child.stdin.write('1\n2\n3\n')
    await once(child.stdout, '1\n')
    child.kill(signal)
    const { stdout, stderr, exitCode, cwd } = await finished
    t.is(exitCode, code)
    t.is(String(stdout), '1\n')
    t.regex(stderr, new RegExp(`Stopped by ${signal}; undelivered=2 from line 2\n$`))
    t.like(summary(cwd), { read: 3, delivered: 1, undelivered: 2 })
  },
})
test(interrupted, 'SIGINT', 130)
test(interrupted, 'SIGTERM', 143)
test(interrupted, 'SIGHUP', 129)

test('SIGTERM lets a running call finish and cancels those that wait', async t => {
  const args = [
    'map',
    '-j',
    '1',
    '--summary',
    'summary.json',
    '-q',
    '--',
    'sh',
    '-c',
    'echo begun >&2; while [ ! -e go ]; do sleep 0.02; done; cat',
  ]
  const { child, finished, cwd } = start(t, args)
  child.stdin.write('1\n2\n3\n4\n5\n6\n')
  await once(child.stderr, 'begun')
  child.kill('SIGTERM')
  writeFileSync(join(cwd, 'go'), '')
  const result = await finished
  t.is(result.exitCode, 143)
  t.is(String(result.stdout), '1\n')
  t.deepEqual(kindsIn(result.stderr), ['cancelled', 'cancelled', 'cancelled'])
  t.regex(result.stderr, /undelivered=2 from line 5\n$/)
  assertAccount(t, '1\n2\n3\n4\n5\n6\n', result)
})

const cutShort = test.macro({
  title: (_, args: readonly string[]) => `SIGTERM in the middle of ${args.join(' ')} loses and alters nothing`,
  async exec(t, args: readonly string[], toRecords: (line: string) => string[]) {
    const cwd = makeFolder(t)
    const lines = Array.from({ length: 200_000 }, (_, index) => String(index + 1))
    writeFileSync(join(cwd, 'input'), `${lines.join('\n')}\n`)
    const [command = '', ...flags] = args
    const { child, finished } = start(t, [command, '-q', '--summary', 'summary.json', 'input', ...flags], { cwd })
    await once(child.stdout, '\n')
    child.kill('SIGTERM')
    writeFileSync(join(cwd, 'go'), '')
    const result = await finished
    t.is(result.exitCode, 143)
    const output = String(result.stdout).split('\n').flatMap(toRecords).join('\n')
    // What was not read is not accounted for: it is still in the file.
    const read = lines.slice(0, summary(cwd).read)
    t.true(read.length < lines.length)
    assertAccount(t, read.join('\n'), { ...result, stdout: Buffer.from(output) })
  },
})
const itself = (line: string) => [line]
test(cutShort, ['throttle', '--rate', '10000/s'], itself)
test(cutShort, ['batch', '--size', '7', '--key', '.', '--within', '1ms'], line =>
  line === '' ? [] : JSON.parse(line).map(String),
)
test(cutShort, ['map', '-j', '3', '--', 'cat'], itself)
test(cutShort, ['map', '-j', '3', '--order', 'completion', '--', 'sh', '-c', 'grep -v 3'], itself)

test('a second signal ends everything at once, and all that was read is named', async t => {
  const cwd = makeFolder(t)
  const script = 'echo "pid $$" >&2; exec sleep 1000'
  const { child, finished } = start(t, ['map', '-j', '1', '--summary', 'summary.json', '--', 'sh', '-c', script], {
    cwd,
  })
  child.stdin.write('1\n2\n')
  const said = await once(child.stderr, 'pid')
  child.kill('SIGTERM')
  child.kill('SIGINT')
  const { exitCode, stderr } = await finished
  // Two signals that wait at once come in any order.
  t.true(exitCode === 130 || exitCode === 143)
  t.deepEqual(kindsIn(stderr), ['cancelled', 'cancelled'])
  t.like(summary(cwd), { read: 2, failed: 2, exit_code: exitCode })
  await assertGone(t, [Number(/pid (\d+)/.exec(said)?.[1])])
})

test('SIGQUIT ends everything that was started too', async t => {
  const { child, finished } = start(t, ['map', '--', 'sh', '-c', 'echo "pid $$" >&2; exec sleep 1000'])
  child.stdin.write('1\n')
  const said = await once(child.stderr, 'pid')
  child.kill('SIGQUIT')
  t.is((await finished).exitCode, 131)
  await assertGone(t, [Number(/pid (\d+)/.exec(said)?.[1])])
})

for (const command of ['unbatch', 'batch --size 1', 'throttle --rate 1000000/s --key .k']) {
  test(`${command} stops at the failure that is one too many`, async t => {
    const args = [...command.split(' '), '--max-fail', '1', '--summary', 'summary.json']
    const { exitCode, cwd } = await streamz(t, args, { stdin: 'no\n'.repeat(100) })
    t.is(exitCode, 65)
    t.like(summary(cwd), { read: 100, failed: 2, undelivered: 98 })
  })
}

test('what take did not want is not undelivered when its output fails', async t => {
  const { stderr } = await shell(t, 'yes 1000 | head -n 50 >in; streamz take 3 in >/dev/full')
  t.regex(stderr, /undelivered=3 from line 1\n$/)
})

test('--max-fail with a percentage waits for 20 records', async t => {
  const stdin = `${'no\n'.repeat(10)}${'[1]\n'.repeat(9)}${'no\n'.repeat(30)}`
  const result = await streamz(t, ['unbatch', '--max-fail', '50%', '--summary', 'summary.json'], { stdin })
  t.is(result.exitCode, 65)
  const { failed, delivered, undelivered } = summary(result.cwd)
  t.is(delivered, 9)
  t.is(failed + undelivered, 40)
  t.true(failed >= 11)
})

for (const [tolerated, exit] of [
  ['50%', 0],
  ['49%', 1],
  ['2', 0],
  ['1', 1],
] as const) {
  test(`--tolerate ${tolerated} with 2 of 4 failed exits ${exit}`, async t => {
    const { exitCode } = await streamz(t, ['unbatch', '--tolerate', tolerated], { stdin: '[1]\nno\n[2]\nno\n' })
    t.is(exitCode, exit)
  })
}

test('too_long is never tolerated and keeps what it was', async t => {
  const long = `{"a":"${'x'.repeat(10_000)}"}`
  const args = ['take', '9', '--max-line', '1KiB', '--tolerate', '100%', '-q']
  const { stdout, stderr, exitCode } = await streamz(t, args, { stdin: `1\n${long}\n2\n` })
  t.deepEqual([String(stdout), exitCode], ['1\n2\n', 1])
  t.like(records(stderr)[0], { line: 2, raw: long.slice(0, 4096), error: { kind: 'too_long', length: long.length } })
})

test('failure records of earlier stages pass untouched, and look-alikes are records', async t => {
  const failures = ['{"$streamz":"error/1","record": 1 }', '{ "$streamz" : "error/9",x', '{"$streamz"\t:"error/1"}']
  const lookAlikes = ['{"$streamz":"summary/1"}', '{"a":1,"$streamz":"error/1"}', '"{\\"$streamz\\":\\"error/1\\"}"']
  const stdin = [failures[0], ...lookAlikes, ...failures.slice(1)].map(line => `${line}\n`).join('')
  const { stdout, stderr, exitCode } = await streamz(t, ['batch', '--size', '3', '--summary', '-'], { stdin })
  t.is(exitCode, 0)
  t.deepEqual(String(stdout).split('\n').toSorted(), ['', `[${lookAlikes.join(',')}]`, ...failures].toSorted())
  t.like(records(stderr)[0], { lines: 6, read: 3, upstream_failures: 3, delivered: 3 })
})

test('a wrapped record is never lost to the limit of the next stage', async t => {
  const record = `{"k":"${'é'.repeat(25)}"}`
  const stages = ['streamz unbatch --inline --max-line 64', 'streamz take 9 --max-line 64']
  const { stdout, statuses } = await pipeline(t, stages, { stdin: `${record}\n` })
  t.deepEqual(statuses, [0, 0])
  t.is(recordOf(String(stdout).trim()), record)
})

test('2>failed.ndjson keeps whole records', async t => {
  const lines = Array.from({ length: 3000 }, (_, index) => `{"n": ${index}, "pad": "${'é'.repeat(index % 50)}"}`)
  const { exitCode, cwd } = await shell(t, 'streamz unbatch -q 2>failed.ndjson', { stdin: lines.join('\n') })
  t.is(exitCode, 1)
  const kept = readFileSync(join(cwd, 'failed.ndjson'), 'utf8').trim().split('\n')
  t.deepEqual(kept.map(recordOf), lines)
})

test('--inline puts a failure in the place of its record', async t => {
  const { stdout, stderr, exitCode } = await streamz(t, ['unbatch', '--inline', '-q'], {
    stdin: '[1]\n{"no":1}\n[2]\n',
  })
  t.deepEqual([stderr, exitCode], ['', 0])
  const lines = String(stdout).trim().split('\n')
  t.deepEqual([lines[0], recordOf(lines[1] ?? ''), lines[2]], ['1', '{"no":1}', '2'])
})

test('a dead-letter file that cannot grow is 74, and its failures go whole to stderr', async t => {
  const cwd = makeFolder(t)
  const { stdout, stderr, exitCode } = await shell(
    t,
    'ulimit -f 0; printf "[1]\\nno\\n[2]\\n" | streamz unbatch --dlq failed.ndjson',
    { cwd },
  )
  t.is(exitCode, 74, stderr)
  t.is(String(stdout).slice(0, 2), '1\n')
  t.is(recordOf(stderr.split('\n').find(line => line.startsWith('{')) ?? ''), 'no')
})

test('nothing is said of a run that went well', async t => {
  const { stderr, exitCode } = await streamz(t, ['take', '1'], { stdin: '1\n2\n' })
  t.deepEqual([stderr, exitCode], ['', 0])
})

test('the summary that cannot be written is 74', async t => {
  const cwd = makeFolder(t)
  mkdirSync(join(cwd, 'folder'))
  const { stdout, exitCode } = await streamz(t, ['take', '1', '--summary', 'folder'], { stdin: '1\n', cwd })
  t.deepEqual([String(stdout), exitCode], ['1\n', 74])
})

test('on a terminal failures are for people, without raw escapes', async t => {
  const script = `printf '"\\033[2J"\\n' >input; script -qec "streamz unbatch --no-progress <input" /dev/null </dev/null`
  const { stdout } = await shell(t, script, { env: { TERM: 'dumb' } })
  t.regex(String(stdout), /streamz unbatch: line 1: parse: /)
  t.false(String(stdout).includes('\u001b'))
})

test('at a prompt with nothing piped in a command says so instead of waiting', async t => {
  const { stdout } = await shell(t, 'script -qec "streamz take 1" /dev/null </dev/null')
  t.regex(String(stdout), /Nothing is piped in/)
})

const summary = (cwd: string) => JSON.parse(readFileSync(join(cwd, 'summary.json'), 'utf8'))

/** What came until these words did. */
const once = (stream: NodeJS.ReadableStream, words: string) =>
  new Promise<string>(resolve => {
    let text = ''
    stream.on('data', chunk => {
      text += String(chunk)
      if (text.includes(words)) resolve(text)
    })
  })
