import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { describeSelf } from '../../src/stores/files/holder.js'
import { readState } from '../helpers/breaker-state.js'
import { streamz } from '../helpers/cli.js'
import { makeFolder } from '../helpers/temporary-folder.js'

// Each plants what a person is called for at night, and looks at the first sentence of the run and of status.

const records = (count: number) => '{"id":1}\n'.repeat(count)
const shared = ['breaker', '--state', 'api.json', '-j', '1', '--failures', 'brief']

/** What a run said about the breaker, without failure records, a sentence each. */
const sentencesOf = (text: string): readonly string[] =>
  text
    .split('\n')
    .filter(line => line.startsWith('streamz breaker: ') && !/records? failed/.test(line))
    .flatMap(line => line.slice('streamz breaker: '.length).split('. '))

const firstSentence = (text: string): string => sentencesOf(text)[0] ?? ''

/** Nothing is said twice. */
const saysOnce = (t: ExecutionContext, text: string, ...what: readonly string[]) => {
  for (const one of what) t.is(text.split(one).length - 1, 1, `${one} in: ${text}`)
}

const status = async (t: ExecutionContext, cwd: string) =>
  String((await streamz(t, ['breaker', 'status', 'api.json'], { cwd })).stdout).replaceAll('\n', ' ')

/** A nightly run that finds its service down. */
const openByNight = (t: ExecutionContext, cwd: string, more: readonly string[] = []) =>
  streamz(t, [...shared, '--stage', 'nightly.sh', '--on-open', 'fail', ...more, '--', 'sh', '-c', 'exit 7'], {
    cwd,
    stdin: records(20),
  })

/** Changes the state file as if it had been written like this. */
const edit = (cwd: string, change: (state: ReturnType<typeof readState>) => object) => {
  const state = readState(cwd)
  writeFileSync(join(cwd, 'api.json'), JSON.stringify({ ...state, ...change(state) }))
}

test('a breaker that was open before the run: opened when, by whom, why; nothing was tried', async t => {
  const cwd = makeFolder(t)
  await openByNight(t, cwd)
  const run = await streamz(t, [...shared, '--on-open', 'fail', '--', 'sh', '-c', 'exit 7'], { cwd, stdin: records(3) })
  t.is(run.exitCode, 75)
  t.regex(
    firstSentence(run.stderr),
    /^Breaker api was open before the first record: opened \d\d:\d\d:\d\d [+-]\d\d:\d\d by \S+ on \S+:\d+ \(nightly\.sh\), 100% of 10 calls failed \(limit 50%\), last: exit 7 of sh; nothing was tried$/,
  )
  saysOnce(t, run.stderr, 'Breaker api', '(nightly.sh)', 'exit 7 of sh')
  const next = /More: streamz (breaker status \S+);/.exec(run.stderr)?.[1] ?? ''
  const told = await streamz(t, next.split(' '), { cwd })
  t.is(told.exitCode, 0)
  t.regex(
    String(told.stdout).replaceAll('\n', ' '),
    /^Breaker api has been open since \d\d:\d\d:\d\d \S+ \(\d+s ago\): opened by \S+ on \S+:\d+ \(nightly\.sh\), 100% of 10 calls failed \(limit 50%\), 10 of 10 failures are exit 7 of sh/,
  )
})

test('forced open by a colleague: by whom, until when, why; reset closes it', async t => {
  const cwd = makeFolder(t)
  await streamz(t, ['breaker', 'open', 'api.json', '--for', '1h', '--why', 'vendor called'], {
    cwd,
    env: { SUDO_USER: 'ann' },
  })
  const run = await streamz(t, [...shared, '--on-open', 'fail', '--', 'cat'], { cwd, stdin: records(3) })
  const wanted =
    /^Breaker api has been forced open since .*, by hand by ann( as \S+)? on \S+:\d+ .* until \d\d:\d\d:\d\d .*: "vendor called"/
  t.regex(firstSentence(run.stderr), wanted)
  t.true(firstSentence(run.stderr).endsWith('"vendor called"; nothing was tried'))
  saysOnce(t, run.stderr, 'Breaker api', 'vendor called')
  t.regex(await status(t, cwd), wanted)
  const next = /To close it by hand: streamz (breaker reset \S+)/.exec(await status(t, cwd))?.[1] ?? ''
  t.is((await streamz(t, next.split(' '), { cwd })).exitCode, 0)
  t.is((await streamz(t, [...shared, '--on-open', 'fail', '--', 'cat'], { cwd, stdin: records(3) })).exitCode, 0)
})

test('the holder of the probe was killed: which, that it has ended; it is probed again by itself', async t => {
  const cwd = makeFolder(t)
  await openByNight(t, cwd)
  // A process that has ended: its number and start are those of nothing.
  const { pid } = spawnSync('true')
  const { boot, namespace } = describeSelf('')
  const now = Date.now()
  const who = { user: 'ann', stage: 'nightly.sh', started: '1', boot, namespace }
  const lease = { by: `${hostname()}:${pid}`, since: now - 60_000, until: now - 25_000, ms: 35_000, who }
  edit(cwd, () => ({ state: 'half_open', since: now - 60_000, until: lease.until, probe: { need: 3, ok: 0, lease } }))
  t.regex(
    await status(t, cwd),
    /^Breaker api has been open since .*: a probe of ann on \S+:\d+ \(nightly\.sh\) gave no answer in 35s \(that process has ended\); it is probed again/,
  )
  const run = await streamz(t, [...shared, '--', 'cat'], { cwd, stdin: records(5) })
  t.is(run.exitCode, 0)
  t.regex(
    firstSentence(run.stderr),
    /^Breaker api was open before the first record: a probe of ann on \S+:\d+ \(nightly\.sh\) gave no answer in 35s \(that process has ended\); it is probed again$/,
  )
  saysOnce(t, run.stderr, 'gave no answer', 'was open before', 'closed again')
  t.notRegex(run.stderr, /set by another run/)
  t.is(readState(cwd).state, 'closed')
})

test('the clock was set back: by how much, when, what the pause is now; status tells it later too', async t => {
  const cwd = makeFolder(t)
  await openByNight(t, cwd, ['--open-for', '10m'])
  const hour = 3_600_000
  edit(cwd, ({ since, until, updated }) => ({ since: since + hour, until: until + hour, updated: updated + hour }))
  t.regex(
    await status(t, cwd),
    /^Breaker api has been open since \S+ \S+ \(\S+ ago\): the clock went back (1h|59m\S+) at \d\d:\d\d:\d\d \S+; the pause of breaker api was cut to \d+m/,
  )
  const run = await streamz(t, [...shared, '--on-open', 'fail', '--open-for', '10m', '--', 'cat'], {
    cwd,
    stdin: records(3),
  })
  t.regex(
    firstSentence(run.stderr),
    /^The clock went back (1h|59m\S+) at \d\d:\d\d:\d\d \S+; the pause of breaker api was cut to \d+m/,
  )
  saysOnce(t, run.stderr, 'lock went back', 'was open before')
  t.true(readState(cwd).until < Date.now() + hour / 2)
  t.regex(
    await status(t, cwd),
    /^Breaker api has been open since \S+ \S+ \(\S+ ago\): the clock went back (1h|59m\S+) at /,
  )
})

test('opened by a job with other settings: whose, which they are, and which are those of this run', async t => {
  const cwd = makeFolder(t)
  await openByNight(t, cwd, ['--fail-rate', '10%', '--open-for', '10m..1h'])
  const run = await streamz(t, [...shared, '--on-open', 'fail', '--', 'cat'], { cwd, stdin: records(3) })
  t.regex(
    firstSentence(run.stderr),
    /^Breaker api was open before the first record: opened .* \(nightly\.sh\), 100% of 10 calls failed \(limit 10%, 10m\.\.1h\), last: exit 7 of sh; this run judges by 50%, 30s\.\.5m; nothing was tried$/,
  )
  saysOnce(t, run.stderr, 'Breaker api', '10m..1h')
  t.regex(
    await status(t, cwd),
    /Settings of the process that changed it last: .*--fail-rate 10% .*--open-for 10m\.\.1h/,
  )
})

test('one exit code trips everything: which, of which program, how many; ignored, the run goes on', async t => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 'call.sh'), '#!/bin/sh\nexit 3\n', { mode: 0o755 })
  const call = (...more: string[]) =>
    streamz(t, [...shared, '--on-open', 'fail', ...more, '--', './call.sh'], { cwd, stdin: records(20) })
  const run = await call()
  t.is(run.exitCode, 75)
  t.regex(
    firstSentence(run.stderr),
    /^Breaker api is open until \S+ \S+: 100% of 10 calls failed \(limit 50%\), 10 of 10 failures are exit 3 of call\.sh: is that a failure\? If not: --ignore exit:3$/,
  )
  saysOnce(t, run.stderr, 'exit 3 of call.sh')
  t.regex(
    await status(t, cwd),
    /^Breaker api has been open since .*: opened by .*, 10 of 10 failures are exit 3 of call\.sh: is that a failure\? If not: --ignore exit:3 /,
  )
  t.is((await streamz(t, ['breaker', 'reset', 'api.json'], { cwd })).exitCode, 0)
  // All records are tried: they fail, and nothing opens.
  const again = await call('--ignore', 'exit:3')
  t.is(again.exitCode, 1)
  t.is(readState(cwd).state, 'closed')
  t.notRegex(readFileSync(join(cwd, 'api.json.log'), 'utf8').split('\n').at(-2) ?? '', /"to":"open"/)
})
