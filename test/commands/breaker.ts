import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { due, open, readState, writeState } from '../helpers/breaker-state.js'
import { records, streamz } from '../helpers/cli.js'
import { kindsIn } from '../helpers/flags.js'
import { makeFolder } from '../helpers/temporary-folder.js'

const lines = (count: number) => Array.from({ length: count }, (_, index) => `{"n":${index + 1}}\n`).join('')
const state = ['--state', 'api.json']
const downUntil = (calls: number) => ['sh', '-c', `echo x >>calls; [ $(wc -l <calls) -gt ${calls} ] || exit 75; cat`]

test('breaker lets everything through while calls are good', async t => {
  const input = lines(50)
  const { stdout, exitCode, stderr } = await streamz(t, ['breaker', '--', 'cat'], { stdin: input })
  t.is(String(stdout), input)
  t.is(exitCode, 0)
  t.is(stderr, '')
})

test('breaker without a COMMAND is refused: there is no call to wrap', async t => {
  const { exitCode, stderr } = await streamz(t, ['breaker', ...state], { stdin: lines(1) })
  t.is(exitCode, 2)
  t.regex(stderr, /No COMMAND was given/)
})

test('tripped in one run: the next says so before it reads, and with fail reads 0 bytes', async t => {
  const cwd = makeFolder(t)
  const input = join(cwd, 'in.ndjson')
  writeFileSync(input, lines(50))
  const first = await streamz(
    t,
    ['breaker', ...state, '-j', '2', '--on-open', 'fail', '--open-for', '10m', '--', 'sh', '-c', 'exit 75'],
    {
      cwd,
      stdin: lines(50),
    },
  )
  t.is(first.exitCode, 75)
  t.like(readState(cwd), { state: 'open', reason: { rule: 'fail_rate', calls: 10 } })

  const fd = openSync(input, 'r')
  t.teardown(() => closeSync(fd))
  const second = await streamz(t, ['breaker', ...state, '--on-open', 'fail', '--', 'cat'], { cwd, stdin: { fd } })
  t.is(second.exitCode, 75)
  t.is(String(second.stdout), '')
  t.regex(
    second.stderr,
    /was open before the first record: opened .*100% of 10 calls failed.*last: exit 75 of sh.*next probe is due at/,
  )
  t.regex(second.stderr, /streamz breaker reset api\.json/)
  // The descriptor is shared: what a run reads moves its position here too.
  const head = Buffer.alloc(8)
  t.is(readSync(fd, head), 8)
  t.is(String(head), lines(1).slice(0, 8))
  const third = await streamz(t, ['breaker', '--no-state', '--on-open', 'fail', '--', 'cat'], { cwd, stdin: { fd } })
  t.is(third.exitCode, 0)
  t.is(readSync(fd, head), 0)
})

test('a run says what it inherits before its first record', async t => {
  const cwd = makeFolder(t)
  writeState(cwd, due)
  const command = ['sh', '-c', 'echo called >&2; cat']
  const { stderr, exitCode } = await streamz(t, ['breaker', ...state, '--', ...command], { cwd, stdin: lines(1) })
  t.is(exitCode, 0)
  t.regex(
    stderr,
    /Breaker api was open before the first record: opened .* by other:1, 80% of 50 calls failed.*status 503[\s\S]*\[1\] called/,
  )
})

test('pause loses nothing and goes on once the calls are good again', async t => {
  const cwd = makeFolder(t)
  const input = lines(60)
  const rule = ['--consecutive', '3', '--open-for', '60ms', '-j', '2', '--retries', '3', '--backoff', '1ms..1ms']
  const { stdout, exitCode, stderr } = await streamz(t, ['breaker', ...state, ...rule, '--', ...downUntil(8)], {
    cwd,
    stdin: input,
  })
  t.is(exitCode, 0)
  t.is(String(stdout), input)
  t.like(readState(cwd), { state: 'closed' })
  t.regex(stderr, /is open until .*3 calls in a row failed/)
  t.regex(stderr, /closed again: 3 probes in a row succeeded/)
})

test('pause reads no more than the window and gives up after --max-pause', async t => {
  const cwd = makeFolder(t)
  writeState(cwd, open)
  const args = ['breaker', ...state, '-j', '2', '--order-window', '5', '--max-pause', '100ms', '--summary', 'summary']
  const { exitCode, stderr } = await streamz(t, [...args, '--', 'cat'], { cwd, stdin: lines(1000) })
  t.is(exitCode, 75)
  t.deepEqual(kindsIn(stderr), [])
  t.regex(stderr, /--max-pause.*undelivered=1000 from line 1/)
  t.like(JSON.parse(readFileSync(join(cwd, 'summary'), 'utf8')), { read: 1000, failed: 0, undelivered: 1000 })
})

test('when the open time is over one probe is out at a time, and three good ones close it', async t => {
  const cwd = makeFolder(t)
  writeState(cwd, due)
  const script = 'mkdir probing || : >overlap; cat; rmdir probing'
  const args = ['breaker', ...state, '-j', '4', '--summary', 'summary', '--', 'sh', '-c', script]
  const { exitCode, stdout } = await streamz(t, args, { cwd, stdin: lines(3) })
  t.is(exitCode, 0)
  t.is(String(stdout), lines(3))
  t.false(existsSync(join(cwd, 'overlap')))
  t.like(readState(cwd), { state: 'closed' })
  t.like(JSON.parse(readFileSync(join(cwd, 'summary'), 'utf8')), { breaker_transitions: 2 })
})

test('a due probe is not open: with fail the run begins', async t => {
  const cwd = makeFolder(t)
  writeState(cwd, due)
  const args = ['breaker', ...state, '--on-open', 'fail', '--', 'cat']
  t.is((await streamz(t, args, { cwd, stdin: lines(20) })).exitCode, 0)
})

test('a probe whose process died does not block the circuit', async t => {
  const cwd = makeFolder(t)
  const options = { openFor: { first: 1000, longest: 1000, jitter: 0 } }
  writeState(
    cwd,
    { state: 'half_open', succeeded: 1, lease: { by: 'dead:1', since: -60_000, until: -25_000 } },
    options,
  )
  const args = ['breaker', ...state, '--open-for', '1s', '--', 'cat']
  const { exitCode, stderr } = await streamz(t, args, { cwd, stdin: lines(5) })
  t.is(exitCode, 0)
  t.regex(stderr, /gave no answer/)
})

const poisoned = test.macro({
  title: name => `a poison record at the head does not keep it open: ${name}`,
  async exec(t: ExecutionContext, exit: string) {
    const cwd = makeFolder(t)
    writeState(cwd, due)
    const script = `read -r line; case $line in *'"n":1}'*) exit ${exit};; esac; echo "$line"`
    const args = ['breaker', ...state, '-j', '1', '--open-for', '50ms', '--', 'sh', '-c', script]
    const { stdout, exitCode } = await streamz(t, args, { cwd, stdin: lines(12) })
    t.is(exitCode, 1)
    t.is(String(stdout), lines(12).replace('{"n":1}\n', ''))
    t.like(readState(cwd), { state: 'closed' })
  },
})
test('exit 1', poisoned, '1')
test('exit 65', poisoned, '65')
test('exit 75', poisoned, '75')

test('--on-open reject fails records without a call, uses no retry and keeps them whole', async t => {
  const cwd = makeFolder(t)
  writeState(cwd, open)
  const args = ['breaker', ...state, '--on-open', 'reject', '--retries', '5', '--dlq', 'dead.ndjson']
  const { exitCode } = await streamz(t, [...args, '--', 'sh', '-c', ': >called; cat'], { cwd, stdin: lines(3) })
  t.is(exitCode, 1)
  t.false(existsSync(join(cwd, 'called')))
  const dead = records(readFileSync(join(cwd, 'dead.ndjson')))
  t.is(dead.length, 3)
  t.like(dead[0], {
    error: { kind: 'breaker_open', class: 'transient' },
    attempts: 0,
    breaker: { name: 'api', state: 'open', reason: { rule: 'fail_rate', value: 0.8 } },
    record: { n: 1 },
  })
  t.like(readState(cwd), { counters: { rejected: 3 }, window: { last: [] } })
})

test('each change is an event, a line of the log, and a run of --on-change', async t => {
  const cwd = makeFolder(t)
  const told =
    'echo "$STREAMZ_BREAKER_NAME $STREAMZ_BREAKER_FROM $STREAMZ_BREAKER_TO $STREAMZ_BREAKER_RULE $STREAMZ_BREAKER_CALLS" >>told'
  const args = ['breaker', ...state, '--consecutive', '2', '--open-for', '50ms', '-j', '1', '--probes', '1']
  const more = ['--on-change', `${told}; echo out; exit 3`, '--events', 'events']
  const { stdout, stderr } = await streamz(t, [...args, ...more, '--', ...downUntil(2)], { cwd, stdin: lines(4) })
  t.is(String(stdout), '{"n":3}\n{"n":4}\n')
  t.deepEqual(readFileSync(join(cwd, 'told'), 'utf8').split('\n'), [
    'api closed open consecutive 2',
    'api open half_open probe_due 0',
    'api half_open closed recovered 1',
    '',
  ])
  t.regex(stderr, /^out$/m)
  t.regex(stderr, /--on-change ended with 3/)
  const events = records(readFileSync(join(cwd, 'events')))
  t.is(events.length, 3)
  t.like(events[0], { $streamz: 'event/1', type: 'breaker.transition', stage: 'breaker', from: 'closed', to: 'open' })
  t.like(events[0], { reason: { rule: 'consecutive', value: 2, limit: 2 }, breaker: 'api' })
  const log = records(readFileSync(join(cwd, 'api.json.log'))) as { type: string; to: string }[]
  t.deepEqual(
    log.filter(({ type }) => type === 'transition').map(({ to }) => to),
    ['open', 'half_open', 'closed'],
  )
  t.is(statSync(join(cwd, 'api.json.log')).mode & 0o777, 0o600)
})

test('with --breaker-key an open key waits, the others go on', async t => {
  const cwd = makeFolder(t)
  mkdirSync(join(cwd, 'keys'))
  const input = Array.from({ length: 24 }, (_, index) => `{"host":"h${index % 3}","n":${index}}\n`).join('')
  const script = `read -r line; case $line in *h1*) [ -e up ] || exit 75;; *'"n":23'*) : >up;; esac; echo "$line"`
  const rule = ['--consecutive', '1', '--open-for', '50ms', '--probes', '1', '--retries', '2', '--backoff', '1ms..1ms']
  const args = ['breaker', '--breaker-key', '.host', '--order', 'completion', '--state', 'keys', '-j', '2', ...rule]
  const { stdout, exitCode } = await streamz(t, [...args, '--order-window', '20', '--', 'sh', '-c', script], {
    cwd,
    stdin: input,
  })
  t.is(exitCode, 0)
  const out = records(stdout) as { host: string; n: number }[]
  t.deepEqual(
    out.map(({ n }) => n).toSorted((one, other) => one - other),
    Array.from({ length: 24 }, (_, n) => n),
  )
  // h1 could not be called before the last record of h2 was through.
  t.true(out.findIndex(({ host }) => host === 'h1') > out.findIndex(({ n }) => n === 23) - 2)
  // Of keys that are well nothing is kept.
  t.is(readdirSync(join(cwd, 'keys')).filter(name => /^[0-9a-f]{32}\.json$/.test(name)).length, 1)
})

test('--breaker-key needs an order that lets records overtake', async t => {
  const { exitCode, stderr } = await streamz(t, ['breaker', '--breaker-key', '.host', '--', 'cat'], { stdin: lines(1) })
  t.is(exitCode, 2)
  t.regex(stderr, /--order completion/)
})

test('a record without the key fails as `field`, uncalled', async t => {
  const args = ['breaker', '--breaker-key', '.host', '--order', 'completion', '--', 'cat']
  const { exitCode, stderr } = await streamz(t, args, { stdin: lines(1) })
  t.is(exitCode, 1)
  t.deepEqual(kindsIn(stderr), ['field'])
  t.regex(stderr, /"attempts":0/)
})

test('--dry-run neither calls nor writes a state', async t => {
  const cwd = makeFolder(t)
  const { stdout } = await streamz(t, ['breaker', ...state, '--dry-run', '--', 'cat'], { cwd, stdin: lines(1) })
  t.is(String(stdout), '["cat"]\n')
  t.false(existsSync(join(cwd, 'api.json')))
})
