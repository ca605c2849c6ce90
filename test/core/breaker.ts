import test from 'ava'
import { admit, countRejected, force, initial, isOpen, reset, settle } from '../../src/core/breaker.js'
import type { Breaker } from '../../src/core/breaker-circuit.js'
import { type BreakerOptions, createBreakerOptions } from '../../src/core/breaker-options.js'
import { nameOf } from '../../src/core/breaker-state.js'
import { evaluate } from '../../src/core/breaker-trip.js'
import { Failure } from '../../src/core/failure.js'

const start = 1_790_000_000_000
const down = new Failure('http_status', 'transient', 'Answered 503', { status: 503 })
const create = (given: Partial<BreakerOptions> = {}) =>
  initial(createBreakerOptions({ by: 'host-a:1', random: () => 0.5, ...given }), start)

const call = (breaker: Breaker, now: number, result: 'ok' | 'failure', duration = 10) => {
  const admission = admit(breaker, now)
  if (admission.kind !== 'call' && admission.kind !== 'probe') throw new Error(`Not admitted: ${admission.kind}`)
  return settle(breaker, admission.generation, now, result, duration, result === 'failure' ? down : undefined)
}
const fail = (breaker: Breaker, times: number, now = start) => {
  for (let count = 0; count < times; count++) call(breaker, now, 'failure')
}
const openNow = (given: Partial<BreakerOptions> = {}) => {
  const breaker = create(given)
  fail(breaker, 10)
  return breaker
}
const takeProbe = (breaker: Breaker, now: number) => {
  const admission = admit(breaker, now)
  if (admission.kind !== 'probe') throw new Error(`No probe: ${admission.kind}`)
  return admission
}
const stateOf = (breaker: Breaker) => nameOf(breaker.machine)

test('breaker opens at the failure rate, not below and not before the least calls', t => {
  const breaker = create()
  fail(breaker, 9)
  t.is(stateOf(breaker), 'closed')
  const effects = call(breaker, start + 5, 'failure')
  t.deepEqual(effects, [
    {
      type: 'transition',
      from: 'closed',
      to: 'open',
      at: start + 5,
      generation: 2,
      until: start + 30_005,
      reason: { rule: 'fail_rate', value: 1, limit: 0.5, calls: 10, by: 'host-a:1' },
    },
  ])
  const half = create()
  for (let count = 0; count < 11; count++) call(half, start, 'ok')
  fail(half, 10)
  t.is(stateOf(half), 'closed')
  fail(half, 1)
  t.is(stateOf(half), 'open')
})

test('breaker judges a window shorter than the least calls when it is full', t => {
  const breaker = create({ window: { count: 4, time: undefined } })
  fail(breaker, 3)
  t.is(stateOf(breaker), 'closed')
  fail(breaker, 1)
  t.is(stateOf(breaker), 'open')
})

test('failures, an idle hour, one failure: does not open', t => {
  for (const window of [
    { count: 100, time: 60_000 },
    { count: undefined, time: 60_000 },
  ]) {
    const breaker = create({ window, consecutive: 10 })
    fail(breaker, 9)
    fail(breaker, 1, start + 3_600_000)
    t.is(stateOf(breaker), 'closed')
    t.is(breaker.window.calls, 1)
  }
})

test('breaker opens after failures in a row, a success starts anew', t => {
  const breaker = create({ consecutive: 3, failRate: undefined })
  fail(breaker, 2)
  call(breaker, start, 'ok')
  fail(breaker, 2)
  t.is(stateOf(breaker), 'closed')
  fail(breaker, 1)
  t.is(stateOf(breaker), 'open')
  t.is(breaker.machine.reason?.rule, 'consecutive')
})

test('breaker opens on slow calls, those still running among them', t => {
  const slow = { limit: 1000, rate: 0.5 }
  const finished = create({ slow })
  for (let count = 0; count < 5; count++) call(finished, start, 'ok', 1000)
  for (let count = 0; count < 4; count++) call(finished, start, 'ok', 1001)
  t.is(stateOf(finished), 'closed')
  call(finished, start, 'ok', 1001)
  t.is(stateOf(finished), 'open')

  const hanging = create({ slow })
  for (let count = 0; count < 5; count++) call(hanging, start, 'ok')
  t.is(admit(hanging, start, 4).kind, 'call')
  t.is(admit(hanging, start, 5).kind, 'wait')
  t.like(hanging.machine.reason, { rule: 'slow_rate', value: 0.5, calls: 10 })

  const timed = create({ slow })
  for (let count = 0; count < 5; count++) call(timed, start, 'ok')
  t.deepEqual(evaluate(timed, start, 4), [])
  t.like(evaluate(timed, start, 5), [{ to: 'open' }])
})

test('a closed breaker answers without a clock and always the same', t => {
  const breaker = create()
  t.not(breaker.pass, undefined)
  t.is(admit(breaker, Number.NaN), breaker.pass!)
  t.is(create({ slow: { limit: 1, rate: 1 } }).pass, undefined)
  t.is(openNow().pass, undefined)
})

test('what says nothing about the other side is not counted', t => {
  const breaker = create()
  const generation = 1
  for (const result of ['ignored', 'throttled', 'cancelled'] as const)
    t.deepEqual(settle(breaker, generation, start, result, 0, down), [])
  t.is(breaker.window.calls, 0)
  t.deepEqual(breaker.counters, { ok: 0, fail: 0, rejected: 0, late: 0 })
})

test('rejections do not change the rate', t => {
  const breaker = create()
  fail(breaker, 9)
  countRejected(breaker, 50)
  t.is(breaker.window.calls, 9)
  t.is(breaker.counters.rejected, 50)
  fail(breaker, 1)
  t.like(breaker.machine.reason, { value: 1, calls: 10 })
})

test('a late success does not close, a late failure does not open', t => {
  const breaker = openNow()
  t.deepEqual(settle(breaker, 1, start + 100, 'ok'), [{ type: 'late', generation: 1, at: start + 100 }])
  t.is(stateOf(breaker), 'open')
  const probe = takeProbe(breaker, start + 30_000)
  settle(breaker, 1, start + 30_001, 'failure', 0, down)
  settle(breaker, 1, start + 30_001, 'ok')
  t.is(stateOf(breaker), 'half_open')
  settle(breaker, probe.generation, start + 30_002, 'ok')
  for (let count = 0; count < 2; count++) call(breaker, start + 30_003, 'ok')
  t.is(stateOf(breaker), 'closed')
  for (let count = 0; count < 20; count++) settle(breaker, 1, start + 30_004, 'failure', 0, down)
  t.is(stateOf(breaker), 'closed')
  t.is(breaker.counters.late, 23)
  t.is(breaker.window.calls, 0)
})

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

test('a grown pause shrinks back only after one full window without opening', t => {
  const recover = (breaker: Breaker) => {
    call(breaker, start + 30_000, 'failure')
    for (let count = 0; count < 3; count++) call(breaker, start + 90_000, 'ok')
    return breaker
  }
  const early = recover(openNow())
  fail(early, 10, start + 149_999)
  t.like(early.machine, { state: 'open', reopened: 1, until: start + 149_999 + 60_000 })
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

test('a throttled probe opens until Retry-After, at most ten minutes', t => {
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
  t.is(pauseFor({ retryAfter: 3_600_000 }), 600_000)
  t.is(pauseFor({}), 30_000)
})

test('a failed probe with Retry-After waits at least so long', t => {
  const breaker = openNow()
  const probe = takeProbe(breaker, start + 30_000)
  const failure = new Failure('http_status', 'transient', 'Answered 500', { status: 500, retryAfter: 90_000 })
  settle(breaker, probe.generation, start + 30_000, 'failure', 0, failure)
  t.like(breaker.machine, { until: start + 120_000, reopened: 1 })
})

test('a hung or killed prober strands nobody: its lease ends and the pause is as long as before', t => {
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

test('a probe that ends after its lease is late although nobody looked in between', t => {
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

test('forced open lasts until its end and is then probed, never closed', t => {
  const breaker = create()
  t.like(force(breaker, start, 'open', start + 3_600_000, 'deploy'), [
    { from: 'closed', to: 'forced_open', until: start + 3_600_000, reason: { rule: 'by_hand', why: 'deploy' } },
  ])
  t.true(isOpen(breaker, start + 3_599_999))
  t.like(admit(breaker, start + 3_599_999), { kind: 'wait', until: start + 3_600_000 })
  t.false(isOpen(breaker, start + 3_600_000))
  t.like(takeProbe(breaker, start + 3_600_000).effects, [
    { from: 'forced_open', to: 'open', reason: { rule: 'expired' } },
    { from: 'open', to: 'half_open' },
  ])
})

test('forced closed counts but does not open, until its end', t => {
  const breaker = openNow()
  force(breaker, start, 'closed', start + 1000, 'known to be fine')
  fail(breaker, 50)
  t.is(stateOf(breaker), 'forced_closed')
  t.is(breaker.window.failed, 50)
  const admission = admit(breaker, start + 1000)
  t.like(admission, { kind: 'call', effects: [{ from: 'forced_closed', to: 'closed' }] })
  t.is(breaker.window.calls, 0)
  fail(breaker, 10, start + 1000)
  t.is(stateOf(breaker), 'open')
})

test('reset closes and forgets grown pauses', t => {
  const breaker = openNow()
  call(breaker, start + 30_000, 'failure')
  t.is(breaker.machine.reopened, 1)
  t.like(reset(breaker, start + 30_001, 'fixed'), [{ from: 'open', to: 'closed', reason: { why: 'fixed' } }])
  t.like(breaker.machine, { state: 'closed', reopened: 0, reason: null })
})

test('open for gate: while the pause lasts or a probe of somebody else is out', t => {
  const breaker = openNow()
  t.true(isOpen(breaker, start + 29_999))
  t.false(isOpen(breaker, start + 30_000))
  takeProbe(breaker, start + 30_000)
  const other = { ...breaker, options: { ...breaker.options, by: 'host-b:2' } }
  t.true(isOpen(other, start + 30_000))
  t.false(isOpen(breaker, start + 30_000))
  t.true(isOpen(other, start + 65_000))
  t.false(isOpen(other, start + 95_000))
  t.is(stateOf(breaker), 'half_open')
  t.false(isOpen(create(), start))
})

test('clock set back 1h: an open circuit is probed after one pause, not after an hour', t => {
  const breaker = openNow()
  const back = start - 3_600_000
  const admission = admit(breaker, back)
  t.like(admission, { kind: 'wait', until: back + 30_000, effects: [{ type: 'clock' }] })
  t.like(admit(breaker, back + 10_000), { kind: 'wait', until: back + 30_000, effects: [] })
  takeProbe(breaker, back + 30_000)
})

test('clock set back 1h: a lease ends after its length', t => {
  const breaker = openNow()
  takeProbe(breaker, start + 30_000)
  const back = start - 3_600_000
  t.like(admit(breaker, back), { kind: 'wait', until: back + 35_000, effects: [{ type: 'clock' }] })
  t.like(admit(breaker, back + 35_000), { kind: 'wait', until: back + 65_000 })
})

test('clock set back 1h: failures of then do not count for an hour', t => {
  for (const window of [
    { count: 100, time: 60_000 },
    { count: undefined, time: 60_000 },
  ]) {
    const breaker = create({ window })
    fail(breaker, 9)
    const back = start - 3_600_000
    fail(breaker, 1, back)
    t.is(stateOf(breaker), 'closed')
    fail(breaker, 9, back + 1)
    t.is(stateOf(breaker), 'open')
  }
})

test('a clock that wavers by milliseconds loses nothing', t => {
  const breaker = create()
  for (let count = 0; count < 9; count++) call(breaker, start - count, 'failure')
  t.is(breaker.window.calls, 9)
  fail(breaker, 1, start - 100)
  t.is(stateOf(breaker), 'open')
})

test('the last errors are kept by sort, with their number', t => {
  const breaker = create()
  fail(breaker, 3)
  settle(breaker, 1, start + 7, 'failure', 0, new Failure('timeout', 'transient', 'x'.repeat(500)))
  t.like(breaker.errors, [
    { kind: 'http_status', status: 503, n: 3, time: start },
    { kind: 'timeout', n: 1, time: start + 7 },
  ])
  t.is(breaker.errors[1]?.message.length, 200)
  for (let exit = 1; exit <= 6; exit++)
    settle(breaker, 1, start + 10 + exit, 'failure', 0, new Failure('exit', 'permanent', 'Ended', { exit }))
  t.is(breaker.errors.length, 5)
})

const contradictions: [Partial<BreakerOptions>, RegExp][] = [
  [{ window: { count: undefined, time: undefined } }, /--window 100\/60s/],
  [{ window: { count: 301, time: undefined } }, /300.*--window 60s/],
  [{ window: { count: 5, time: undefined }, consecutive: 6 }, /--consecutive 6 looks further back than 5/],
  [{ openFor: { first: 60_000, longest: 30_000, jitter: 0 } }, /--open-for starts at 60s.*30s/],
]
for (const [given, message] of contradictions)
  test(`options that contradict each other are refused: ${message.source}`, t => {
    t.throws(() => createBreakerOptions(given), { instanceOf: RangeError, message })
  })
