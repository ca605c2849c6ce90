import test from 'ava'
import { admit, countRejected, force, isOpen, reset, settle } from '../../../src/core/breaker/breaker.js'
import { type BreakerOptions, createBreakerOptions } from '../../../src/core/breaker/options.js'
import { evaluate } from '../../../src/core/breaker/trip.js'
import { judged } from '../../../src/core/breaker/window.js'
import { Failure } from '../../../src/core/failure.js'
import { call, create, down, fail, openNow, start, stateOf, takeProbe } from '../../helpers/breaker-rules.js'

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
  const half = create({ consecutive: undefined })
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
    const breaker = create({ window })
    fail(breaker, 8)
    fail(breaker, 1, start + 3_600_000)
    t.is(stateOf(breaker), 'closed')
    t.is(judged(breaker.window).calls, 1)
    fail(breaker, 1, start + 7_200_000)
    t.like(breaker.machine, { state: 'open', reason: { rule: 'consecutive', value: 10, limit: 10 } })
  }
})

test('breaker opens after failures in a row, a success resets the count', t => {
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

test('open for gate: while the pause lasts or another process is probing', t => {
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
  [{ failRate: undefined, consecutive: undefined }, /Both --consecutive and --fail-rate are off/],
  [{ openFor: { first: 60_000, longest: 30_000, jitter: 0 } }, /--open-for starts at 60s.*30s/],
]

for (const [given, message] of contradictions)
  test(`options that contradict each other are refused: ${message.source}`, t => {
    t.throws(() => createBreakerOptions(given), { instanceOf: RangeError, message })
  })

test('successes in a row are the same seldom looked at as looked at after each', t => {
  const seldom = create({ window: { count: undefined, time: 60_000 }, failRate: undefined, consecutive: 9 })
  const often = create({ window: { count: undefined, time: 60_000 }, failRate: undefined, consecutive: 9 })
  const figures = ({ calls, failed, slow }: ReturnType<typeof judged>) => ({ calls, failed, slow })
  for (let now = start, count = 0; count < 4000; count++) {
    now += [0, 0, 1, 40, 700][count % 5] as number
    if (count % 977 === 976) now += 50_000
    for (const breaker of [seldom, often]) call(breaker, now, count % 333 === 0 ? 'failure' : 'ok')
    const looked = figures(judged(often.window))
    if (count % 41 === 40) t.deepEqual(figures(judged(seldom.window)), looked, `after ${count + 1}`)
  }
  t.is(seldom.counters.ok, often.counters.ok)
  t.true(judged(seldom.window).calls > 50)
})
