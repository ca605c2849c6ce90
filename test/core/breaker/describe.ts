import test from 'ava'
import { admit, force, initial, settle } from '../../../src/core/breaker/breaker.js'
import { describe, describeWait, reasonText } from '../../../src/core/breaker/describe.js'
import { createView } from '../../../src/core/breaker/merge.js'
import { createBreakerOptions } from '../../../src/core/breaker/options.js'
import { Failure } from '../../../src/core/failure.js'

// Times are told as they are here.
process.env.TZ = 'UTC'

const start = Date.UTC(2026, 0, 1, 12)
const down = new Failure('http_status', 'transient', 'Answered 503', { status: 503 })
const create = () => initial(createBreakerOptions({ name: 'api', by: 'host-a:4711', random: () => 0.5 }), start)
const open = () => {
  const breaker = create()
  for (let count = 0; count < 6; count++) settle(breaker, 1, start, 'ok')
  for (let count = 0; count < 6; count++) settle(breaker, 1, start, 'failure', 0, down)
  return breaker
}

test('an open breaker is described with the process that opened it, why, the last error and the next probe', t => {
  const description = describe(open(), start + 12_000)
  t.like(description, {
    name: 'api',
    state: 'open',
    open: true,
    since: start,
    until: start + 30_000,
    probeDue: start + 30_000,
    reason: { rule: 'fail_rate', calls: 12, by: 'host-a:4711' },
    lastError: { kind: 'http_status', status: 503, n: 6 },
  })
  t.deepEqual(description.sentences, [
    'Breaker api has been open since 12:00:00 +00:00 (12s ago): opened by host-a:4711, 50% of 12 calls failed (limit 50%), last: status 503',
    'status 503 was seen 6 times, last at 12:00:00 +00:00 (12s ago): Answered 503',
    'The next probe is due at 12:00:30 +00:00 (in 18s)',
  ])
})

test('a due probe is due, and the breaker not open', t => {
  const { sentences, open: isOpen, probeDue } = describe(open(), start + 31_000)
  t.is(sentences.at(-1), 'The next probe is due')
  t.false(isOpen)
  t.is(probeDue, start + 31_000)
})

test('a closed breaker tells its figures', t => {
  const breaker = create()
  t.deepEqual(describe(breaker, start).sentences, [
    'Breaker api has been closed since 12:00:00 +00:00 (0s ago)',
    'No recent calls are known',
  ])
  settle(breaker, 1, start, 'failure', 0, down)
  settle(breaker, 1, start, 'ok')
  t.is(describe(breaker, start).sentences[1], 'Of the last 2 calls 1 failed and 0 were slow')
  t.is(describe(breaker, start + 61_000).window.calls, 2)
})

test('half open is described with the probing process, reopened with how often the pause was doubled', t => {
  const breaker = open()
  const probe = admit(breaker, start + 30_000)
  const { sentences, probe: figures } = describe(breaker, start + 31_000)
  t.deepEqual(figures, { ok: 0, need: 3, by: 'host-a:4711' })
  t.deepEqual(sentences.slice(-2), [
    '0 of 3 probes have succeeded',
    'A probe of host-a:4711 may take until 12:01:05 +00:00 (in 34s)',
  ])
  settle(breaker, probe.kind === 'probe' ? probe.generation : 0, start + 32_000, 'failure', 0, down)
  const again = describe(breaker, start + 32_000)
  t.true(again.sentences.includes('Its pause was doubled once'))
  t.is(again.reason?.rule, 'fail_rate')
})

test('a state set by hand is described with who set it, why and until when', t => {
  const breaker = create()
  force(breaker, start, 'open', start + 7_200_000, 'database move')
  t.deepEqual(describe(breaker, start + 60_000).sentences, [
    'Breaker api has been forced open since 12:00:00 +00:00 (60s ago), by hand by host-a:4711 until 14:00:00 +00:00 (in 1h59m): "database move"',
    'The next probe is due at 14:00:00 +00:00 (in 1h59m)',
  ])
  force(breaker, start, 'closed', start + 7_200_000, '')
  const { state, probeDue, open: isOpen } = describe(breaker, start)
  t.deepEqual([state, probeDue, isOpen], ['forced_closed', null, false])
})

test('a dead lease is described as what it means by now, and nothing changes', t => {
  const breaker = open()
  admit(breaker, start + 30_000)
  t.like(describe(breaker, start + 80_000), { state: 'open', since: start + 65_000, until: start + 95_000 })
  t.is(breaker.machine.state, 'half_open')
})

const shell = { user: 'ann as root', stage: 'nightly', line: 'streamz breaker' }
const failing = new Failure('exit', 'permanent', 'Command exited with 7', { exit: 7 })

test('who opened it and what failed are named: user, host, process, stage and program', t => {
  const options = createBreakerOptions({
    name: 'api',
    by: 'cron-3:4711',
    who: shell,
    program: 'curl',
    random: () => 0.5,
  })
  const breaker = initial(options, start)
  for (let count = 0; count < 10; count++) settle(breaker, 1, start, 'failure', 0, failing)
  t.is(
    describe(breaker, start).sentences[0],
    'Breaker api has been open since 12:00:00 +00:00 (0s ago): opened by ann as root on cron-3:4711 (nightly), 100% of 10 calls failed (limit 50%), 10 of 10 failures are exit 7 of curl: is that a failure? If not: --ignore exit:7',
  )
  t.is(describe(breaker, start).sentences[1], 'exit 7 of curl was seen 10 times, last at 12:00:00 +00:00 (0s ago)')
})

test('who waits for it is told its name, its state, what comes next, and who opened it', t => {
  const breaker = open()
  t.deepEqual(describeWait(breaker, start + 12_000), {
    what: 'breaker api',
    name: 'api',
    state: 'open',
    next: 'probe',
    why: 'opened 12:00:00 +00:00 by host-a:4711, 50% of 12 calls failed (limit 50%), last: status 503',
  })
  admit(breaker, start + 30_000)
  t.is(describeWait(breaker, start + 31_000).state, 'probing')
  force(breaker, start, 'open', start + 7_200_000, 'vendor called')
  t.deepEqual(describeWait(breaker, start + 60_000), {
    what: 'breaker api',
    name: 'api',
    state: 'forced open',
    why: 'by hand by host-a:4711: "vendor called"',
  })
})

test('the words of a script are not kept in what is shared', t => {
  const breaker = create()
  settle(breaker, 1, start, 'failure', 0, new Failure('script', 'permanent', 'card 4111 1111 is bad'))
  t.notRegex(JSON.stringify(breaker.errors), /4111/)
})

test('an outage is told from its beginning, however often it was reopened', t => {
  const breaker = open()
  const probe = admit(breaker, start + 30_000)
  settle(breaker, probe.kind === 'probe' ? probe.generation : 0, start + 31_000, 'failure', 0, down)
  const { since, began, sentences } = describe(breaker, start + 40_000)
  t.deepEqual([since, began], [start + 31_000, start])
  t.regex(sentences[0] ?? '', /open since 12:00:00 \+00:00 \(40s ago\)/)
})

test('a dead holder of the probe is named, and whether its process has ended', t => {
  const breaker = open()
  admit(breaker, start + 30_000)
  const dead = describe(breaker, start + 80_000, () => true)
  t.regex(
    dead.sentences[0] ?? '',
    /: a probe of host-a:4711 gave no answer in 35s \(that process has ended\); it is probed again$/,
  )
  t.regex(
    describe(breaker, start + 40_000, () => true).sentences.at(-1) ?? '',
    /host-a:4711 \(that process has ended\) may take/,
  )
})

test('a clock that was set back is named first', t => {
  const breaker = open()
  breaker.updated = start
  const [first = ''] = describe(breaker, start - 3_600_000).sentences
  t.regex(first, /: the clock went back 1h at 11:00:00 \+00:00; the pause of breaker api was cut to 30s/)
})

test('a view is described with what it has yet to merge', t => {
  const view = createView(create(), start)
  settle(view, 1, start, 'ok')
  t.is(describe(view, start).counters.ok, 1)
})

const reasons: [Parameters<typeof reasonText>[0], string][] = [
  [{ rule: 'slow_rate', value: 0.62, limit: 0.5, calls: 50, by: 'a' }, '62% of 50 calls were slow (limit 50%)'],
  [{ rule: 'consecutive', value: 5, limit: 5, calls: 5, by: 'a' }, '5 calls in a row failed (limit 5)'],
  [{ rule: 'throttled', value: 7000, limit: 600_000, calls: 1, by: 'a' }, 'the service asked for 7s without calls'],
  [{ rule: 'throttled', value: 0, limit: 600_000, calls: 1, by: 'a' }, 'the service asked for a pause'],
  [{ rule: 'probe_due', value: 0, limit: 0, calls: 0, by: 'a' }, 'the pause is over'],
  [{ rule: 'probe_failed', value: 1, limit: 3, calls: 2, by: 'a' }, 'a probe failed after 1 of 3 successes'],
  [{ rule: 'lease_expired', value: 35_000, limit: 0, calls: 1, by: 'a' }, 'a probe gave no answer within 35s'],
  [{ rule: 'recovered', value: 3, limit: 3, calls: 3, by: 'a' }, '3 probes in a row succeeded'],
  [{ rule: 'by_hand', value: 0, limit: 0, calls: 0, by: 'a', why: 'fixed' }, 'by hand: fixed'],
  [{ rule: 'by_hand', value: 0, limit: 0, calls: 0, by: 'a', why: '' }, 'by hand'],
  [{ rule: 'expired', value: 0, limit: 0, calls: 0, by: 'a' }, 'the manual override has ended'],
]
for (const [reason, text] of reasons)
  test(`a reason in words: ${text}`, t => {
    t.is(reasonText(reason), text)
  })
