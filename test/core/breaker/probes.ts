import test from 'ava'
import { admit, isOpen, settle, settleSlow } from '../../../src/core/breaker/breaker.js'
import type { Breaker } from '../../../src/core/breaker/model.js'
import { Failure } from '../../../src/core/failure.js'
import { call, create, fail, openNow, start, stateOf, takeProbe } from '../../helpers/breaker-rules.js'

test('open waits, then lets one probe through and closes after successes in a row', t => {
  const breaker = openNow()
  t.like(admit(breaker, start + 29_999), { kind: 'wait', until: start + 30_000 })
  const probe = takeProbe(breaker, start + 30_000)
  t.like(probe, { generation: 3, until: start + 65_000, effects: [{ from: 'open', to: 'half_open', generation: 3 }] })
  t.like(admit(breaker, start + 30_000), { kind: 'wait', until: start + 65_000 })
  t.deepEqual(settle(breaker, 3, start + 30_001, 'ok'), [])
  t.deepEqual(call(breaker, start + 30_002, 'ok'), [])
  t.like(call(breaker, start + 30_003, 'ok'), [
    { from: 'half_open', to: 'closed', generation: 4, reason: { rule: 'recovered', value: 3, limit: 3 } },
  ])
  t.is(breaker.window.calls, 0)
  t.is(breaker.machine.reason, null)
})

test('the first failed probe opens again, twice as long up to the longest', t => {
  const breaker = openNow()
  let now = start
  const pauses: number[] = []
  for (let count = 0; count < 6; count++) {
    if (breaker.machine.state !== 'open') throw new Error('Not open')
    pauses.push(breaker.machine.until - now)
    now = breaker.machine.until
    call(breaker, now, 'failure')
  }
  t.deepEqual(pauses, [30_000, 60_000, 120_000, 240_000, 300_000, 300_000])
  t.is(breaker.machine.reason?.rule, 'fail_rate')
})

test('a slow probe of what slow calls opened opens again as a failed one does, so the pauses grow', t => {
  const rule = { slow: { limit: 100, rate: 0.5 }, minCalls: 5, openFor: { first: 500, longest: 8000, jitter: 0 } }
  for (const isSeenRunning of [true, false]) {
    const breaker = create(rule)
    let now = start
    for (let count = 0; count < 5; count++) call(breaker, now, 'ok', 300)
    const pauses: number[] = []
    for (let count = 0; count < 7; count++) {
      if (breaker.machine.state !== 'open') throw new Error('Not open')
      t.is(breaker.machine.reason?.rule, 'slow_rate')
      pauses.push(breaker.machine.until - now)
      const { generation } = takeProbe(breaker, breaker.machine.until)
      now = breaker.machine.since + 101
      // It is told at its limit while it still runs, and again when it has ended.
      if (isSeenRunning) t.like(settleSlow(breaker, generation, now), [{ to: 'open', reason: { rule: 'probe_slow' } }])
      settle(breaker, generation, now, 'ok', 300)
    }
    t.deepEqual(pauses, [500, 1000, 2000, 4000, 8000, 8000, 8000])
  }
})

test('opening within one window of closing grows the pause as a failed probe does; later it shrinks back', t => {
  const recover = (breaker: Breaker) => {
    call(breaker, start + 30_000, 'failure')
    for (let count = 0; count < 3; count++) call(breaker, start + 90_000, 'ok')
    return breaker
  }
  const early = recover(openNow())
  fail(early, 10, start + 149_999)
  t.like(early.machine, { state: 'open', reopened: 2, until: start + 149_999 + 120_000 })
  const later = recover(openNow())
  fail(later, 10, start + 150_000)
  t.like(later.machine, { state: 'open', reopened: 0, until: start + 150_000 + 30_000 })
})

test('jitter spreads the pause by a fifth either way', t => {
  const pauseAt = (random: number) => {
    const { machine } = openNow({ random: () => random })
    return machine.state === 'open' ? machine.until - start : 0
  }
  t.deepEqual([0, 0.5, 1].map(pauseAt), [24_000, 30_000, 36_000])
})

test('an ignored or cancelled probe hands the lease back', t => {
  for (const result of ['ignored', 'cancelled'] as const) {
    const breaker = openNow()
    const probe = takeProbe(breaker, start + 30_000)
    t.deepEqual(settle(breaker, probe.generation, start + 30_001, result), [])
    t.is(stateOf(breaker), 'half_open')
    t.false(isOpen(breaker, start + 30_001))
    t.is(takeProbe(breaker, start + 30_001).generation, probe.generation)
  }
})

test('a throttled probe opens until Retry-After, however long that is', t => {
  const pauseFor = (facts: { retryAfter?: number }) => {
    const breaker = openNow()
    const probe = takeProbe(breaker, start + 30_000)
    const failure = new Failure('http_status', 'throttled', 'Answered 429', { status: 429, ...facts })
    settle(breaker, probe.generation, start + 30_000, 'throttled', 0, failure)
    const { machine } = breaker
    t.is(machine.reopened, 0)
    return machine.state === 'open' ? machine.until - start - 30_000 : 0
  }
  t.is(pauseFor({ retryAfter: 7000 }), 7000)
  t.is(pauseFor({ retryAfter: 3_600_000 }), 3_600_000)
  t.is(pauseFor({}), 30_000)
})

test('a failed probe with Retry-After waits at least that long', t => {
  const breaker = openNow()
  const probe = takeProbe(breaker, start + 30_000)
  const failure = new Failure('http_status', 'transient', 'Answered 500', { status: 500, retryAfter: 90_000 })
  settle(breaker, probe.generation, start + 30_000, 'failure', 0, failure)
  t.like(breaker.machine, { until: start + 120_000, reopened: 1 })
})

test('the lease of a hung or killed prober expires, and the pause is as long as before', t => {
  const breaker = openNow()
  const probe = takeProbe(breaker, start + 30_000)
  t.like(admit(breaker, start + 64_999), { kind: 'wait', until: start + 65_000 })
  t.like(admit(breaker, start + 65_000), {
    kind: 'wait',
    until: start + 95_000,
    effects: [{ from: 'half_open', to: 'open', at: start + 65_000, reason: { rule: 'lease_expired', by: 'host-a:1' } }],
  })
  t.like(settle(breaker, probe.generation, start + 66_000, 'ok'), [{ type: 'late' }])
  t.is(stateOf(breaker), 'open')
  t.is(breaker.machine.reopened, 0)
  takeProbe(breaker, start + 95_000)
})

test('a probe that ends after its lease is late, even if the state was not read in between', t => {
  const breaker = openNow()
  const probe = takeProbe(breaker, start + 30_000)
  t.like(settle(breaker, probe.generation, start + 65_000, 'ok'), [{ to: 'open' }, { type: 'late' }])
})

test('a probe settles once', t => {
  const breaker = openNow({ probes: 2 })
  const probe = takeProbe(breaker, start + 30_000)
  settle(breaker, probe.generation, start + 30_000, 'ok')
  t.like(settle(breaker, probe.generation, start + 30_000, 'ok'), [{ type: 'late' }])
  t.is(stateOf(breaker), 'half_open')
})
