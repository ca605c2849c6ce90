import test from 'ava'
import { admit, force, initial, settle } from '../../../src/core/breaker/breaker.js'
import { describe, reasonText } from '../../../src/core/breaker/describe.js'
import { createView } from '../../../src/core/breaker/merge.js'
import { createBreakerOptions } from '../../../src/core/breaker/options.js'
import { Failure } from '../../../src/core/failure.js'

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
    'Breaker api has been open since 2026-01-01T12:00:00.000Z (12s ago)',
    'It opened because 50% of 12 calls failed (limit 50%), seen by host-a:4711',
    'The last error was http_status 503 at 2026-01-01T12:00:00.000Z (12s ago), seen 6 times: Answered 503',
    'The next probe is due at 2026-01-01T12:00:30.000Z (in 18s)',
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
    'Breaker api has been closed since 2026-01-01T12:00:00.000Z (0s ago)',
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
    'A probe by host-a:4711 is running until 2026-01-01T12:01:05.000Z (in 34s) at the latest',
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
    'Breaker api has been forced open since 2026-01-01T12:00:00.000Z (60s ago)',
    'Set by hand by host-a:4711 until 2026-01-01T14:00:00.000Z (in 1h59m): database move',
    'The next probe is due at 2026-01-01T14:00:00.000Z (in 1h59m)',
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
