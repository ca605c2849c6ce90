import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { assertAccount, readSummary } from '../helpers/account.js'
import { assertGone, fixture } from '../helpers/children.js'
import { pipeline, type Result, records, shell, streamz } from '../helpers/cli.js'
import { attemptsIn, kindsIn } from '../helpers/flags.js'
import { makeFolder } from '../helpers/temporary-folder.js'

test('map gives 100 records back in the order of the input', async t => {
  const stdin = Array.from({ length: 100 }, (_, index) => `${index + 1}\n`).join('')
  const script = 'sleep 0.0$((STREAMZ_LINE * 7 % 5)); exec cat'
  const result = await streamz(t, ['map', '-j', '8', '--summary', 'summary.json', '--', 'sh', '-c', script], { stdin })
  t.is(String(result.stdout), stdin)
  assertAccount(t, stdin, result)
})

test('a call that ignores TERM and has forked fails in time, and nothing is left running', async t => {
  const cwd = makeFolder(t)
  const args = ['map', '--timeout', '150ms', '--kill-after', '150ms', '--', fixture('ignores-term.sh'), 'pids']
  const { stderr, exitCode } = await streamz(t, args, { stdin: '1\n', cwd })
  t.is(exitCode, 1)
  const [failure] = records(stderr.split('\n')[0] ?? '') as { duration_ms: number; error: { kind: string } }[]
  t.is(failure?.error.kind, 'timeout')
  t.true((failure?.duration_ms ?? 0) >= 300 && (failure?.duration_ms ?? 0) < 1300, stderr)
  await assertGone(t, readFileSync(join(cwd, 'pids'), 'utf8').trim().split(' ').map(Number))
})

type Behaviour = readonly [child: string, args: readonly string[], kind: string | undefined]

const behaviours: readonly Behaviour[] = [
  ['cleans-up-on-term.sh', ['pids', 'cleaned'], 'timeout'],
  ['cut-json.sh', [], 'output_parse'],
  ['echo-args.sh', ['x'], 'output_parse'],
  ['echo-environment.sh', [], undefined],
  ['exit-code.sh', ['75'], 'exit'],
  ['exits-in-middle.sh', [], 'exit'],
  ['floods-stderr.sh', ['100000'], undefined],
  ['floods-stdout.sh', ['pids'], 'output_too_large'],
  ['forks-late-writer.sh', [], undefined],
  ['forks-sleeper.sh', ['pids'], 'timeout'],
  ['half-line.sh', [], 'output_parse'],
  ['hangs.sh', ['pids'], 'timeout'],
  ['ignores-term.sh', ['pids'], 'timeout'],
  ['kills-itself.sh', ['KILL'], 'signal'],
  ['leaves-quiet-sleepers.sh', ['pids'], undefined],
  ['makes-groups.sh', ['pids'], 'timeout'],
  ['many-lines.sh', [], 'output_parse'],
  ['never-reads-stdin.sh', [], undefined],
  ['pretty-prints.sh', [], undefined],
  ['waits-for-sleeper.sh', ['pids'], 'timeout'],
]

for (const [child, args, kind] of behaviours) {
  test(`map survives a child that ${child.replace('.sh', '').replaceAll('-', ' ')}`, async t => {
    const limits = ['--timeout', '1s', '--kill-after', '200ms', '--max-response', '100KiB']
    // A record no pipe can hold: a child that does not read it must not matter.
    const record = `{"a":"${'x'.repeat(200_000)}"}`
    const flags = ['--keep', '--summary', 'summary.json', '--quiet', ...limits]
    const result = await streamz(t, ['map', ...flags, '--', fixture(child), ...args], { stdin: `${record}\n` })
    const kinds = kindsIn(result.stderr)
    t.deepEqual(kinds, kind === undefined ? [] : [kind])
    t.is(result.exitCode, kind === undefined ? 0 : 1)
    assertAccount(t, record, onlyRecords(result))
    const pids = join(result.cwd, 'pids')
    t.is(existsSync(pids), args.includes('pids'))
    if (existsSync(pids)) await assertGone(t, readFileSync(pids, 'utf8').trim().split(' ').map(Number))
  })
}

/** With `--keep` a result holds its record. */
const onlyRecords = (result: Result): Result => ({
  ...result,
  stdout: Buffer.from(String(result.stdout).replaceAll(/^\{"record":(.*),"result":.*\}$/gm, '$1')),
  stderr: result.stderr.replaceAll(/^\[1\] .*\n/gm, ''),
})

test('a field is one argument, byte for byte, and no shell sees it', async t => {
  const names = [
    '; rm -rf x',
    '$(touch made) `touch made`',
    'two\nlines\n',
    '-n',
    '--help',
    `it's "quoted" \\ and \\n`,
    '',
    '* ? ~ $HOME !!',
    '{.other}',
    'é 😀 \u2028',
    ' space ',
  ]
  const stdin = names.map(name => JSON.stringify({ name, other: 'x' })).join('\n')
  const { stdout, exitCode, cwd } = await streamz(
    t,
    ['map', '--raw', '--', fixture('echo-args.sh'), '{.name}', '{{.name}'],
    { stdin },
  )
  t.is(exitCode, 0)
  t.deepEqual(
    records(stdout),
    names.map(name => `${name}\0{.name}\0`),
  )
  t.false(existsSync(join(cwd, 'made')))
})

test('a field that no argument can hold, or that is not there, is a failure', async t => {
  const stdin = '{"name":"a\\u0000b"}\n{"name":"\\ud800"}\n{}\nnot json\n'
  const { stdout, stderr, exitCode } = await streamz(t, ['map', '-q', '--', 'echo', '{.name}'], { stdin })
  t.deepEqual([exitCode, String(stdout)], [1, ''])
  t.deepEqual(kindsIn(stderr), ['field', 'field', 'field', 'parse'])
  t.deepEqual(attemptsIn(stderr), [0, 0, 0, 0])
})

const unable = test.macro({
  title: (_, program: string, exit) => `map -- ${program} exits ${exit} before anything is read`,
  async exec(t, program: string, exit: number) {
    const script = `printf '1\\n2\\n' >input; : >not-executable; (streamz map -- ${program}; echo "exit $?" >&2; cat) <input`
    const { stdout, stderr } = await shell(t, script)
    t.is(String(stdout), '1\n2\n')
    t.regex(stderr, new RegExp(`nothing was read\nexit ${exit}\n$`))
  },
})

test(unable, 'no-such-program', 127)
test(unable, './no-such-program', 127)
test(unable, './not-executable', 126)
test(unable, '/', 126)
test('a program that vanishes in the middle stops the run', async t => {
  const script = `printf '#!/bin/sh\\nrm -f "$0"; echo 1\\n' >once; chmod +x once; printf '1\\n2\\n3\\n' | streamz map -j 1 --summary summary.json -- ./once`
  const { stdout, exitCode, cwd, stderr } = await shell(t, script)
  t.is(String(stdout), '1\n')
  t.is(exitCode, 127)
  const { read, delivered, failed, undelivered } = readSummary(cwd)
  t.is(delivered, 1)
  t.is(read, delivered + failed + undelivered, stderr)
})

test('what a child says on stderr is passed on with the number of its record', async t => {
  const { stdout, stderr, exitCode } = await streamz(t, ['map', '--', 'sh', '-c', 'echo "hello" >&2; cat'], {
    stdin: '1\n\n2\n',
  })
  t.is(exitCode, 0)
  t.is(String(stdout), '1\n2\n')
  t.deepEqual(stderr.trim().split('\n').toSorted(), ['[1] hello', '[3] hello'])
})

test('what cannot take the result of --into is found out before the call', async t => {
  const stdin = '5\n{"a":1}\n{"a":{"b":[]}}\n{"a":[]}\nnot json\n{"a":{}}\n'
  const script = 'echo x >>calls; echo 1'
  const args = ['map', '-j', '1', '-q', '--into', '.a.b.c', '--shell', '--', script]
  const { stdout, stderr, cwd } = await streamz(t, args, { stdin })
  t.is(String(stdout), '{"a":{"b":{"c":1}}}\n')
  t.is(readFileSync(join(cwd, 'calls'), 'utf8'), 'x\n')
  t.deepEqual(kindsIn(stderr), ['field', 'field', 'field', 'field', 'parse'])
  t.deepEqual(attemptsIn(stderr), [0, 0, 0, 0, 0])
})

test('map --dry-run calls nothing', async t => {
  const args = ['map', '--dry-run', '--shell', '--', 'touch made; echo "$1"', '{.n}']
  const { stdout, cwd } = await streamz(t, args, { stdin: '{"n":1.0}\n' })
  t.is(String(stdout), '["/bin/sh","-c","touch made; echo \\"$1\\"","streamz","1.0"]\n')
  t.false(existsSync(join(cwd, 'made')))
})

// Each fails the second line as the real run does, and is a call for the first.
for (const [stdin, ...args] of [
  ['[1,2]\n{"a":1}\n', '--batch', '--', 'cat'],
  ['[1,2]\nnot json\n', '--batch', '--', 'cat'],
  ['{}\n5\n', '--into', '.x', '--', 'cat'],
  ['{}\nnot json\n', '--keep', '--', 'cat'],
  ['{"k":1}\n{}\n', '--order-by', '.k', '--', 'cat'],
  ['1\nnot json\n', '--js', 'r => r'],
  ['{"k":1}\n{}\n', '--worker', '--correlate', '.k', '--', 'cat'],
] as const) {
  test(`map --dry-run ${args.join(' ')} fails what the run would fail: ${JSON.stringify(stdin)}`, async t => {
    const real = await streamz(t, ['map', '-q', ...args], { stdin })
    const { stdout, stderr, exitCode, cwd } = await streamz(
      t,
      ['map', '-q', '--dry-run', '--summary', 'summary', ...args],
      { stdin },
    )
    t.is(exitCode, 1)
    t.is(records(stdout).length, 1)
    t.is(kindsIn(stderr).length, 1)
    t.deepEqual([kindsIn(stderr), attemptsIn(stderr)], [kindsIn(real.stderr), attemptsIn(real.stderr)])
    const { read, delivered, failed } = JSON.parse(readFileSync(join(cwd, 'summary'), 'utf8'))
    t.is(read, delivered + failed)
  })
}

test('map --batch --dry-run calls nothing for an empty array, and fails each item of one that fills no call', async t => {
  const stdin = '[]\n[1,2,3]\n["a","b"]\n'
  const args = ['map', '-q', '--batch', '--dry-run', '--summary', 'summary', '--', 'echo', '{.[2]}']
  const { stdout, stderr, cwd } = await streamz(t, args, { stdin })
  t.is(String(stdout), '["echo","3"]\n')
  t.deepEqual(kindsIn(stderr), ['field', 'field'])
  t.like(JSON.parse(readFileSync(join(cwd, 'summary'), 'utf8')), { read: 5, delivered: 3, failed: 2, undelivered: 0 })
})

test('map --multi counts a record without output as delivered', async t => {
  const args = ['map', '--multi', '--summary', '-', '--', 'sh', '-c', 'grep -v 2 || true']
  const { stdout, stderr, exitCode } = await streamz(t, args, { stdin: '1\n2\n' })
  t.deepEqual([String(stdout), exitCode], ['1\n', 0])
  t.like(records(stderr)[0], { read: 2, delivered: 2, failed: 0 })
})

test('map retries what may pass and counts it', async t => {
  const flags = ['--retries', '3', '--backoff', '1ms..1ms', '--summary', 'summary.json']
  const script = '[ $STREAMZ_ATTEMPT = 3 ] && exec cat; exit 75'
  const result = await streamz(t, ['map', ...flags, '--', 'sh', '-c', script], { stdin: '1\n2\n' })
  assertAccount(t, '1\n2\n', result)
  t.is(readSummary(result.cwd).retried, 4)
})

test('map ends its children when the reader has gone', async t => {
  const { stdout, statuses } = await pipeline(t, ['yes 1', 'streamz map -j 2 -- cat', 'head -n 1'])
  t.is(String(stdout), '1\n')
  t.deepEqual(statuses, [141, 141, 0])
})

for (const args of [
  [],
  ['--'],
  ['--into', '.x', '--keep', '--', 'cat'],
  ['--order-window', '1', '-j', '2', '--', 'cat'],
  ['-j', '0', '--', 'cat'],
  ['--timeout', '5', '--', 'cat'],
  ['--inline', '--dlq', 'x', '--', 'cat'],
  ['--', '{.program}'],
  ['--shell', '--', 'echo {.name}'],
  ['--', 'echo', '{.[}'],
]) {
  test(`map ${args.join(' ')} is refused`, async t => {
    const { stdout, stderr, exitCode } = await streamz(t, ['map', ...args], { stdin: '1\n' })
    t.deepEqual([exitCode, String(stdout)], [2, ''])
    t.regex(stderr, /^streamz map: .*\nSee: streamz help map\n$/s)
  })
}

test('--failures text gives a line for people where there is no terminal', async t => {
  const { stderr } = await streamz(t, ['map', '--failures', 'text', '--', 'false'], { stdin: '1\n' })
  t.is(stderr.split('\n')[0], 'streamz map: line 1: exit: Command exited with 1')
})
