import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { assertAccount, readSummary } from './helpers/account.js'
import { assertGone, untilSaid } from './helpers/children.js'
import { pipeline, shell, start, streamz } from './helpers/cli.js'
import { kindsIn } from './helpers/flags.js'
import { readRuns } from './helpers/runs.js'
import { makeFolder } from './helpers/temporary-folder.js'

const runs = [...(await readRuns()).values()]
const commands = runs.flatMap(({ streams }) => streams)
const endless = "yes '[1]'"

for (const command of commands) {
  test(`${command} ends quietly when the reader has gone`, async t => {
    const { stderr, statuses } = await pipeline(t, [endless, `streamz ${command}`, 'head -n 1'])
    t.deepEqual(statuses, [141, 141, 0])
    t.is(stderr, '')
  })

  test(`${command} says that a full disk took nothing, on endless input too`, async t => {
    const { stderr, statuses } = await pipeline(t, [endless, `streamz ${command} >/dev/full`])
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
  t.like(readSummary(cwd), { lines: 3, read: 2, blank: 1, delivered: 0, undelivered: 2, exit_code: 74 })
})

test('where SIGPIPE is ignored the exit code says the same', async t => {
  const script = `trap '' PIPE; yes 1 | (streamz take 1000000000; echo $? >status) | head -n 1`
  const { cwd } = await shell(t, script)
  t.is(readFileSync(join(cwd, 'status'), 'utf8'), '141\n')
})

const interrupted = test.macro({
  title: (_, signal: string) => `${signal} ends what waits, and everything is accounted for`,
  async exec(t, signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP', code: number) {
    const { child, finished } = start(t, ['throttle', '--rate', '1/h', '--progress', '--summary', 'summary.json'])
    child.stdin.write('1\n2\n3\n')
    await untilSaid(child.stdout, '1\n')
    child.kill(signal)
    const { stdout, stderr, exitCode, cwd } = await finished
    t.is(exitCode, code)
    t.is(String(stdout), '1\n')
    t.regex(stderr, new RegExp(`Stopped by ${signal}; undelivered=2 from line 2\n$`))
    t.like(readSummary(cwd), { read: 3, delivered: 1, undelivered: 2 })
  },
})

test(interrupted, 'SIGINT', 130)
test(interrupted, 'SIGTERM', 143)
test(interrupted, 'SIGHUP', 129)
test('SIGTERM lets a running call finish and leaves those that wait', async t => {
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
  await untilSaid(child.stderr, 'begun')
  child.kill('SIGTERM')
  writeFileSync(join(cwd, 'go'), '')
  const result = await finished
  t.is(result.exitCode, 143)
  t.is(String(result.stdout), '1\n')
  t.deepEqual(kindsIn(result.stderr), [])
  t.regex(result.stderr, /undelivered=5 from line 2\n$/)
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
    await untilSaid(child.stdout, '\n')
    child.kill('SIGTERM')
    writeFileSync(join(cwd, 'go'), '')
    const result = await finished
    t.is(result.exitCode, 143)
    const output = String(result.stdout).split('\n').flatMap(toRecords).join('\n')
    // What was not read is not accounted for: it is still in the file.
    const read = lines.slice(0, readSummary(cwd).read)
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
  const said = await untilSaid(child.stderr, 'pid')
  child.kill('SIGTERM')
  child.kill('SIGINT')
  const { exitCode, stderr } = await finished
  // Two signals that wait at once come in any order.
  t.true(exitCode === 130 || exitCode === 143)
  t.deepEqual(kindsIn(stderr), ['cancelled'])
  t.regex(stderr, /undelivered=1 from line 2\n$/)
  t.like(readSummary(cwd), { read: 2, failed: 1, undelivered: 1, exit_code: exitCode })
  await assertGone(t, [Number(/pid (\d+)/.exec(said)?.[1])])
})

test('SIGQUIT ends everything that was started too', async t => {
  const { child, finished } = start(t, ['map', '--', 'sh', '-c', 'echo "pid $$" >&2; exec sleep 1000'])
  child.stdin.write('1\n')
  const said = await untilSaid(child.stderr, 'pid')
  child.kill('SIGQUIT')
  t.is((await finished).exitCode, 131)
  await assertGone(t, [Number(/pid (\d+)/.exec(said)?.[1])])
})

test('what take did not want is not undelivered when its output fails', async t => {
  const { stderr } = await shell(t, 'yes 1000 | head -n 50 >in; streamz take 3 in >/dev/full')
  t.regex(stderr, /undelivered=3 from line 1\n$/)
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

test('at a prompt with nothing piped in a command says so instead of waiting', async t => {
  const { stdout } = await shell(t, 'script -qec "streamz take 1" /dev/null </dev/null')
  t.regex(String(stdout), /Nothing is piped in/)
})
