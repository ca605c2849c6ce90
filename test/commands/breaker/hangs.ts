import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { readState, writeState } from '../../helpers/breaker-state.js'
import { type Result, shell, streamz } from '../../helpers/cli.js'
import { serve } from '../../helpers/http-server.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const lines = (count: number) => Array.from({ length: count }, (_, index) => `${index + 1}\n`).join('')
const short = [
  '--timeout',
  '120ms',
  '--kill-after',
  '0',
  '--window',
  '100/240ms',
  '--on-open',
  'fail',
  '--open-for',
  '1h',
]
const state = ['--state', 'api.json', '--failures', 'brief']

type Way = (t: ExecutionContext) => Promise<{ args: readonly string[]; command?: readonly string[] }>
const ways: Readonly<Record<string, Way>> = {
  'a command': async () => ({ args: [], command: ['sleep', '60'] }),
  'a worker': async () => ({ args: ['--worker', '--start-timeout', '120ms'], command: ['sleep', '60'] }),
  'a request': async t => ({ args: ['--http', (await serve(t, () => {})).origin] }),
  'a function': async () => ({ args: ['--js', 'r => new Promise(resolve => setTimeout(resolve, 60_000))'] }),
}

for (const [name, way] of Object.entries(ways))
  for (const jobs of ['1', '4'])
    test(`${name} that always hangs opens the circuit at the tenth timeout, -j ${jobs}`, async t => {
      const cwd = makeFolder(t)
      const { args, command } = await way(t)
      const all = [
        'breaker',
        ...state,
        ...short,
        '-j',
        jobs,
        ...args,
        ...(command === undefined ? [] : ['--', ...command]),
      ]
      const { exitCode } = await streamz(t, all, { cwd, stdin: lines(40) })
      t.is(exitCode, 75)
      const { state: stands, reason, counters } = readState(cwd)
      t.is(stands, 'open')
      t.is(reason.calls, 10)
      t.is(counters.fail, 10)
    })

test('a row that was asked for has no time in it', async t => {
  const cwd = makeFolder(t)
  const args = [...state, '-j', '1', '--consecutive', '5', '--window', '100/80ms', '--on-open', 'fail']
  const { exitCode } = await streamz(t, ['breaker', ...args, '--', 'sh', '-c', 'sleep 0.1; exit 1'], {
    cwd,
    stdin: lines(9),
  })
  t.is(exitCode, 75)
  t.like(readState(cwd), { state: 'open', reason: { rule: 'consecutive', value: 5 }, counters: { fail: 5 } })
})

test('slow probes open again what slow calls opened, and the pauses grow', async t => {
  const cwd = makeFolder(t)
  const rule = [
    '--slow',
    '50ms:50%',
    '--min-calls',
    '5',
    '--open-for',
    '100ms..10s',
    '--probes',
    '2',
    '--max-pause',
    '2s',
  ]
  const script = 'sleep 0.2; cat'
  const { stdout, exitCode } = await streamz(t, ['breaker', ...state, ...rule, '-j', '5', '--', 'sh', '-c', script], {
    cwd,
    stdin: lines(40),
  })
  t.is(exitCode, 75)
  t.like(readState(cwd), { reason: { rule: 'slow_rate' } })
  t.true(readState(cwd).reopened >= 2)
  // Slow as it was, the result of each probe is that of its record.
  t.true(String(stdout).split('\n').length > 5)
})

test('a suspended program does not cause a timeout', async t => {
  for (const args of [
    'map',
    'map --retries 2 --backoff 1ms..1ms',
    'breaker --consecutive 1 --on-open fail',
    'map --worker',
  ]) {
    const command =
      args === 'map --worker'
        ? `sh -c 'while read -r l; do echo >>calls; sleep 0.7; echo "$l"; done'`
        : `sh -c 'echo >>calls; sleep 0.7; cat'`
    const script = `echo 1 | streamz ${args} --timeout 1s -- ${command} & job=$!
      until [ -s calls ]; do sleep 0.01; done
      node=$(pgrep -f 'streamz.cjs ${args.split(' ')[0]}' -s 0 | tail -1)
      kill -STOP $job; sleep 2; kill -CONT $job; wait $job; echo "exit $?"; wc -l <calls`
    const { stdout, stderr } = await shell(t, script)
    t.is(String(stdout).replaceAll(' ', ''), '1\nexit0\n1\n', `${args}: ${stderr}`)
  }
})

const far = 2 * 3_600_000
test('a state written with the clock ahead delays nothing: check, gate and a run store it once', async t => {
  const look: [string, (cwd: string) => Promise<Result>][] = [
    ['check', cwd => streamz(t, ['breaker', 'check', 'api.json'], { cwd })],
    [
      'gate',
      cwd =>
        streamz(t, ['gate', '--breaker', 'api.json', '--rise', '1', '--max-wait', '100ms'], { cwd, stdin: lines(1) }),
    ],
    ['run', cwd => streamz(t, ['breaker', ...state, '--on-open', 'fail', '--', 'cat'], { cwd, stdin: lines(1) })],
  ]
  for (const [name, act] of look) {
    const cwd = makeFolder(t)
    writeState(cwd, { state: 'open', until: far + 2000 })
    const ahead = readState(cwd)
    const written = { ...ahead, since: ahead.until - 2000, updated: ahead.until - 2000 }
    writeFileSync(join(cwd, 'api.json'), JSON.stringify(written))
    const before = Date.now()
    t.is((await act(cwd)).exitCode, 75, name)
    const { since, until, updated } = readState(cwd)
    t.is(until - since, 2000, name)
    t.true(since >= before && since <= Date.now() && updated <= Date.now(), name)
    const wait = until - Date.now() + 20
    if (wait > 0) await new Promise(resolve => setTimeout(resolve, wait))
    t.is((await act(cwd)).exitCode, 0, name)
  }
})

test('circuits of keys that are well leave no file', async t => {
  const cwd = makeFolder(t)
  const keys = ['--state', 'keys', '--breaker-key', '.', '--order', 'completion', '--failures', 'brief', '-j', '2']
  const script = 'read -r n; [ $n != 7 ] || exit 75; echo $n'
  await streamz(t, ['breaker', ...keys, '--', 'sh', '-c', script], { cwd, stdin: lines(20) })
  t.is(readdirSync(join(cwd, 'keys')).filter(name => name.endsWith('.json')).length, 1)
  const good = ['breaker', ...keys, '--', 'cat']
  t.is((await streamz(t, good, { cwd, stdin: lines(8) })).exitCode, 0)
  t.false(existsSync(join(cwd, 'keys.bad')))
})

const lacking = test.macro(async (t: ExecutionContext, args: string) => {
  const cwd = makeFolder(t)
  const { stdout, exitCode } = await shell(t, `ulimit -n 64; seq 60 | streamz ${args} --failures brief -- cat`, { cwd })
  t.is(exitCode, 0)
  t.is(String(stdout), lines(60))
})
test('with few descriptors calls wait for each other', lacking, 'map -j 60')
test('with few descriptors workers that live are used', lacking, 'map --worker -j 40')
test('with few descriptors no circuit opens', lacking, 'breaker -j 60 --consecutive 1 --on-open fail')
