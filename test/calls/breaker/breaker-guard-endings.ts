import test from 'ava'
import { createAttempts } from '../../../src/calls/attempts/create-attempts.js'
import { GaveUp } from '../../../src/calls/attempts/gave-up.js'
import { createBreakerGuard } from '../../../src/calls/breaker/breaker-guard.js'
import { Failure, type FailureClass } from '../../../src/core/failure.js'
import { createHarness, openCircuit } from '../../helpers/breaker-calls.js'
import { failsWith, failure, line } from '../../helpers/calls.js'

test('with --on-open fail the run ends and records that were not called are cancelled', async t => {
  const harness = createHarness({ gate: { onOpen: 'fail' } })
  await openCircuit(harness)
  await harness.begin(3)
  t.is(harness.ended.get(3), 'refused cancelled')
  t.like(harness.stops, [{ exit: 75 }])
})

test('with --on-open fail a probe is made when it is due, and others wait for its result', async t => {
  const harness = createHarness({ gate: { onOpen: 'fail' } })
  await openCircuit(harness)
  await harness.clock.advance(1000)
  await harness.begin(3)
  await harness.begin(4)
  t.deepEqual(harness.out(), [3])
  t.deepEqual(harness.stops, [])
  await harness.end(3)
  t.deepEqual(harness.out(), [4])
})

test('with --on-open fail a failed probe ends the run', async t => {
  const harness = createHarness({ gate: { onOpen: 'fail' } })
  await openCircuit(harness)
  await harness.clock.advance(1000)
  await harness.begin(3)
  await harness.begin(4)
  await harness.end(3, failure())
  t.is(harness.ended.get(3), 'exit')
  t.is(harness.ended.get(4), 'refused cancelled')
  t.like(harness.stops, [{ exit: 75 }])
})

test('with --on-open reject records fail without a call, and change no rate', async t => {
  const harness = createHarness({ gate: { onOpen: 'reject' }, breaker: { consecutive: undefined, minCalls: 2 } })
  await openCircuit(harness)
  const { window } = harness.circuit.breaker
  t.is(window.calls, 2)
  for (const number of [3, 4, 5]) await harness.begin(number)
  t.is(harness.ended.get(5), 'refused breaker_open')
  t.is(harness.circuit.breaker.counters.rejected, 3)
  t.is(harness.circuit.breaker.window.calls, 2)
  await harness.clock.advance(1000)
  await harness.begin(6)
  await harness.begin(7)
  t.deepEqual(harness.out(), [6])
  t.is(harness.ended.get(7), 'refused breaker_open')
  await harness.end(6)
  await harness.begin(8)
  t.deepEqual(harness.out(), [8])
})

test('a rejection is not retried, is not an attempt, and names the open circuit', async t => {
  const harness = createHarness({ gate: { onOpen: 'reject' } })
  await openCircuit(harness)
  const { call, attempts } = failsWith()
  const retried = createAttempts(call, {
    timeout: 0,
    guard: createBreakerGuard({ gateOf: () => harness.gate, clock: harness.clock, probesReturn: false }),
    retries: 5,
    backoff: () => 1,
    retryOn: () => true,
    recordDeadline: 0,
    clock: harness.clock,
  })
  const error = await t.throwsAsync(retried(line, { killing: new AbortController().signal, id: 'x' }), {
    instanceOf: GaveUp,
  })
  t.like(error?.failure, { kind: 'breaker_open', failureClass: 'transient' satisfies FailureClass })
  t.like(error?.attempts, {
    attempts: 0,
    breaker: {
      name: 'api',
      state: 'open',
      since: '2026-01-01T00:00:00.000Z',
      until: '2026-01-01T00:00:01.000Z',
      reason: { rule: 'consecutive', value: 2, limit: 2 },
    },
  })
  t.deepEqual(attempts, [])
})

test('when the longest pause is over all that waits is cancelled and the run ends', async t => {
  const harness = createHarness({
    gate: { maxPause: 5000 },
    breaker: { openFor: { first: 60_000, longest: 60_000, jitter: 0 } },
  })
  await openCircuit(harness)
  await harness.begin(3)
  await harness.clock.advance(3000)
  await harness.begin(4)
  await harness.clock.advance(1999)
  t.deepEqual(harness.stops, [])
  await harness.clock.advance(1)
  t.like(harness.stops, [{ exit: 75 }])
  t.deepEqual([harness.ended.get(3), harness.ended.get(4)], ['refused cancelled', 'refused cancelled'])
  t.is(harness.clock.waiting, 0)
})

test('what waits when the run ends settles at once', async t => {
  const harness = createHarness()
  await openCircuit(harness)
  for (const number of [3, 4]) await harness.begin(number)
  harness.stopping.abort()
  await harness.clock.advance(0)
  t.deepEqual([harness.ended.get(3), harness.ended.get(4)], ['refused cancelled', 'refused cancelled'])
  t.is(harness.clock.waiting, 0)
  await harness.begin(5)
  t.is(harness.ended.get(5), 'refused cancelled')
})

test('a record deadline ends the wait with its own reason', async t => {
  const harness = createHarness()
  const deadline = new AbortController()
  await openCircuit(harness)
  await harness.begin(3, deadline.signal)
  await harness.begin(4)
  deadline.abort(new Failure('deadline', 'transient', 'Too late'))
  await harness.clock.advance(0)
  t.is(harness.ended.get(3), 'refused deadline')
  await harness.clock.advance(1000)
  t.deepEqual(harness.out(), [4])
})
