import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { due, open, readState, writeState } from '../../helpers/breaker-state.js'
import { records, streamz } from '../../helpers/cli.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const lines = (count: number) => Array.from({ length: count }, (_, index) => `{"n":${index + 1}}\n`).join('')
const state = ['--state', 'api.json']

const content = (file: string) => (cwd: string) => readFileSync(join(cwd, file), 'utf8')

test('--name keeps the state in the home of states', async t => {
  const cwd = makeFolder(t)
  const env = { XDG_STATE_HOME: join(cwd, 'home') }
  await streamz(t, ['breaker', '--name', 'api', '--', 'cat'], { cwd, env, stdin: lines(1) })
  t.like(readState(cwd, 'home/streamz/breaker/api.json'), { name: 'api', counters: { ok: 1 } })
  const { stdout } = await streamz(t, ['breaker', 'status', '--name', 'api'], { cwd, env })
  t.regex(String(stdout), /Breaker api has been closed/)
  t.is((await streamz(t, ['breaker', '--name', '../x', '--', 'cat'], { cwd, env })).exitCode, 2)
})

test('status tells why, since when, and what to do', async t => {
  const cwd = makeFolder(t)
  writeState(cwd, open)
  const { stdout, exitCode } = await streamz(t, ['breaker', 'status', 'api.json'], { cwd })
  t.is(exitCode, 0)
  t.regex(
    String(stdout),
    /has been open since .*opened by other:1,\n80% of 50 calls failed.*status 503\n[\s\S]*next probe is due at/,
  )
  t.regex(String(stdout), /streamz breaker reset api\.json/)
  const json = await streamz(t, ['breaker', 'status', 'api.json', '--json'], { cwd })
  t.like(JSON.parse(String(json.stdout)), { state: 'open', open: true, reason: { rule: 'fail_rate' }, transitions: [] })
})

test('status does not take a long pause for a clock that was set back', async t => {
  const cwd = makeFolder(t)
  writeState(cwd, { state: 'open', until: 7_200_000 }, { openFor: { first: 7_200_000, longest: 7_200_000, jitter: 0 } })
  const { stdout } = await streamz(t, ['breaker', 'status', 'api.json', '--json'], { cwd })
  t.true(Date.parse(JSON.parse(String(stdout)).until) > Date.now() + 3_600_000)
})

test('check is 0 when calls would be made and 75 when not, and writes nothing', async t => {
  const cwd = makeFolder(t)
  const check = async () => (await streamz(t, ['breaker', 'check', 'api.json'], { cwd })).exitCode
  t.is(await check(), 0)
  writeState(cwd, open)
  const before = content('api.json')(cwd)
  t.is(await check(), 75)
  t.is(content('api.json')(cwd), before)
  writeState(cwd, due)
  t.is(await check(), 0)
  writeState(cwd, { state: 'half_open', succeeded: 0, lease: { by: 'other:1', since: -1000, until: 30_000 } })
  t.is(await check(), 75)
})

test('open, close and reset work by hand, say who and why, and runs obey', async t => {
  const cwd = makeFolder(t)
  const run = (...args: string[]) => streamz(t, ['breaker', ...args], { cwd, stdin: lines(2) })
  t.is((await run('open', 'api.json', '--for', '1h', '--why', 'maintenance')).exitCode, 0)
  t.like(readState(cwd), { state: 'open', override: { state: 'open', why: 'maintenance' } })
  const refused = await run(...state, '--on-open', 'fail', '--', 'cat')
  t.is(refused.exitCode, 75)
  t.regex(refused.stderr, /forced open.*maintenance/)
  t.is((await run('close', 'api.json')).exitCode, 0)
  t.like(readState(cwd), { state: 'closed', override: { state: 'closed' } })
  t.is((await run(...state, '--on-open', 'fail', '--', 'cat')).exitCode, 0)
  t.is((await run('reset', 'api.json', '--why', 'fixed')).exitCode, 0)
  t.like(readState(cwd), { state: 'closed', override: null, reopened: 0 })
  const log = records(readFileSync(join(cwd, 'api.json.log'))) as { type: string; reason: { why: string } }[]
  t.deepEqual(
    log.map(({ type, reason }) => [type, reason.why]),
    [
      ['override', 'maintenance'],
      ['override', ''],
      ['override', 'fixed'],
    ],
  )
  t.regex(String((await run('status', 'api.json')).stdout), /forced open +by hand: maintenance/)
})

test('a hand on the switch keeps the settings of the runs', async t => {
  const cwd = makeFolder(t)
  const args = ['breaker', ...state, '--window', '20/10s', '--min-calls', '3', '--', 'cat']
  await streamz(t, args, { cwd, stdin: lines(2) })
  const before = readState(cwd)
  await streamz(t, ['breaker', 'close', 'api.json'], { cwd })
  t.deepEqual(readState(cwd).config, before.config)
  t.is((await streamz(t, args, { cwd, stdin: lines(2) })).stderr.includes('other settings'), false)
})

test('verbs are looked up only left of --', async t => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 'open'), '#!/bin/sh\necho "\\"ran open $1\\""\n', { mode: 0o755 })
  const { stdout } = await streamz(t, ['breaker', '--', './open', 'x'], { cwd, stdin: lines(1) })
  t.is(String(stdout), '"ran open x"\n')
  const wrong = await streamz(t, ['breaker', 'open', 'x', '--', 'cat'], { cwd, stdin: lines(1) })
  t.is(wrong.exitCode, 2)
  t.regex(wrong.stderr, /open takes no COMMAND/)
  t.is((await streamz(t, ['breaker', 'status'], { cwd })).exitCode, 2)
  t.is((await streamz(t, ['breaker', 'status', 'a', '--window', '5'], { cwd })).exitCode, 2)
  t.is((await streamz(t, ['breaker', '--json', '--', 'cat'], { cwd })).exitCode, 2)
})

test('the help carries the four warnings', async t => {
  const { stdout } = await streamz(t, ['help', 'breaker'])
  t.regex(
    String(stdout),
    /unusual in stream processing[\s\S]*throttle, dlq, gate and map[\s\S]*debugging harder[\s\S]*Do not use it in production until/,
  )
})

test('a second manual change says what it replaces', async t => {
  const cwd = makeFolder(t)
  const run = (...args: string[]) => streamz(t, ['breaker', ...args], { cwd })
  t.notRegex((await run('open', 'api.json', '--for', '2h', '--why', 'vendor called')).stderr, /replaces/)
  const second = await run('open', 'api.json', '--for', '1m')
  t.regex(
    second.stderr,
    /replaces what \S+ on \S+ \(streamz breaker open\) set by hand: forced open until .*, which is longer: vendor called/,
  )
  t.regex(
    (await run('close', 'api.json')).stderr,
    /replaces what \S+ on \S+ \(.*\) set by hand: forced open until [^,]*$/m,
  )
  t.regex((await run('reset', 'api.json')).stderr, /replaces what \S+ on \S+ \(.*\) set by hand: forced closed/)
})

test('status of what was closed by hand does not advise to close it, and a reset forgets', async t => {
  const cwd = makeFolder(t)
  writeState(cwd, open)
  const run = (...args: string[]) => streamz(t, ['breaker', ...args], { cwd })
  const status = async () => String((await run('status', 'api.json')).stdout)
  t.regex(
    await status(),
    /^Settings of the process that changed it last: --window 100\/60s --min-calls 10\n--fail-rate 50%/m,
  )
  await run('close', 'api.json', '--for', '1h')
  t.notRegex(await status(), /To close it by hand/)
  t.regex(await status(), /To let it decide again: streamz breaker reset api\.json/)
  t.like(readState(cwd), { errors: [{ n: 12 }] })
  await run('reset', 'api.json')
  t.like(readState(cwd), { state: 'closed', errors: [], counters: { ok: 0, fail: 0, rejected: 0, late: 0 }, streak: 0 })
})

test('of two jobs with different settings both are warned, and status shows those of who opened it', async t => {
  const cwd = makeFolder(t)
  const first = ['breaker', ...state, '-j', '1', '--failures', 'brief']
  await streamz(t, [...first, '--', 'cat'], { cwd, stdin: lines(3) })
  const other = ['--consecutive', '2', '--on-open', 'fail']
  const second = await streamz(t, [...first, ...other, '--', 'sh', '-c', 'exit 75'], { cwd, stdin: lines(3) })
  t.regex(second.stderr, /also used with other settings \(--window 100\/60s --min-calls 10/)
  const third = await streamz(t, [...first, '--on-open', 'fail', '--', 'cat'], { cwd, stdin: lines(3) })
  t.regex(
    third.stderr,
    /2 calls in a row failed \(limit 2\), .*; set with --consecutive 2, this run with --consecutive 10;/,
  )
  t.notRegex(third.stderr, /also used/)
  const { stdout } = await streamz(t, ['breaker', 'status', 'api.json'], { cwd })
  t.regex(String(stdout), /^Settings of the process that changed it last: .*\n.*--consecutive 2/m)
})
