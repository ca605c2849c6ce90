import test from 'ava'
import { GaveUp } from '../../src/calls/gave-up.js'
import { createMemoryCircuit } from '../../src/calls/memory-circuit.js'
import { withBreaker } from '../../src/calls/with-breaker.js'
import { withRetry } from '../../src/calls/with-retry.js'
import type { Circuit } from '../../src/core/circuit.js'
import type { FakeClock } from '../../src/core/clock.js'
import { Failure, type FailureClass } from '../../src/core/failure.js'
import { createHarness, type Harness, touchy } from '../helpers/breaker-calls.js'
import { failsWith, failure, line } from '../helpers/calls.js'

const input = new Failure('exit', 'input', 'Bad record', { exit: 65 })
const permanent = new Failure('exit', 'permanent', 'Exit 1', { exit: 1 })

/** Two failures, and it is open until one second from now. */
const open = async (harness: Harness) => {
  for (const number of [1, 2]) {
    await harness.begin(number)
    await harness.end(number, failure())
  }
}

test('while closed calls are made at once and fail as they fail', async t => {
  const harness = createHarness()
  await harness.begin(1)
  await harness.begin(2)
  t.deepEqual(harness.out(), [1, 2])
  await harness.end(1)
  await harness.end(2, failure())
  t.deepEqual(
    [...harness.ended],
    [
      [1, 'ok'],
      [2, 'exit'],
    ],
  )
  t.is(harness.clock.waiting, 0)
})

test('while open nobody is called and nothing fails', async t => {
  const harness = createHarness()
  await open(harness)
  for (const number of [3, 4, 5]) await harness.begin(number)
  await harness.clock.advance(999)
  t.deepEqual(harness.out(), [])
  t.deepEqual([...harness.ended.keys()], [1, 2])
})

test('when the open time is over exactly one probe is out, then all go on in their order', async t => {
  const harness = createHarness()
  await open(harness)
  for (const number of [3, 4, 5]) await harness.begin(number)
  await harness.clock.advance(1000)
  t.deepEqual(harness.out(), [3])
  await harness.clock.advance(5000)
  t.deepEqual(harness.out(), [3])
  await harness.end(3)
  t.deepEqual(harness.out(), [4, 5])
  t.is(harness.ended.get(3), 'ok')
  t.is(harness.clock.waiting, 0)
})

test('after each good probe the next record probes until enough were good', async t => {
  const harness = createHarness({ breaker: { probes: 3 } })
  await open(harness)
  for (const number of [3, 4, 5, 6, 7]) await harness.begin(number)
  await harness.clock.advance(1000)
  for (const number of [3, 4, 5]) {
    t.deepEqual(harness.out(), [number])
    await harness.end(number)
  }
  t.deepEqual(harness.out(), [6, 7])
})

test('a probe that may pass goes back to its place uncharged, and the next one is another record', async t => {
  const harness = createHarness()
  await open(harness)
  for (const number of [3, 4]) await harness.begin(number)
  await harness.clock.advance(1000)
  await harness.end(3, failure())
  t.false(harness.ended.has(3))
  await harness.clock.advance(1999)
  t.deepEqual(harness.out(), [])
  await harness.clock.advance(1)
  t.deepEqual(harness.out(), [4])
  await harness.end(4)
  t.deepEqual(harness.out(), [3])
  t.is(harness.running[0]?.attempt, 1)
})

test('a single record that waits probes again and again', async t => {
  const harness = createHarness()
  await open(harness)
  await harness.begin(3)
  for (const pause of [1000, 2000, 4000]) {
    await harness.clock.advance(pause)
    t.deepEqual(harness.out(), [3])
    await harness.end(3, failure())
  }
  await harness.clock.advance(8000)
  await harness.end(3)
  t.is(harness.ended.get(3), 'ok')
})

const poison = test.macro(async (t, given: Failure) => {
  const harness = createHarness({ slots: 1 })
  await open(harness)
  for (const number of [3, 4, 5]) void harness.begin(number)
  await harness.clock.advance(1000)
  t.deepEqual(harness.out(), [3])
  await harness.end(3, given)
  // Whatever counts opens for twice as long.
  await harness.clock.advance(2000)
  t.deepEqual(harness.out(), [4])
  await harness.end(4)
  t.is(harness.circuit.breaker.machine.state, 'closed')
})
test('a poison record that exits with 1 does not keep it open, with one slot', poison, permanent)
test('a poison record that times out does not keep it open, with one slot', poison, failure())
test('a poison record that is bad input does not keep it open, with one slot', poison, input)

test('a record whose probes fail while those of others succeed is charged for the second', async t => {
  const harness = createHarness({ breaker: { probes: 2 } })
  await open(harness)
  for (const number of [3, 4]) await harness.begin(number)
  await harness.clock.advance(1000)
  await harness.end(3, failure())
  await harness.clock.advance(2000)
  await harness.end(4)
  t.deepEqual(harness.out(), [3])
  await harness.end(3, failure())
  t.is(harness.ended.get(3), 'exit')
})

test('a bad record as the probe hands the lease to the next at once', async t => {
  const harness = createHarness()
  await open(harness)
  for (const number of [3, 4]) await harness.begin(number)
  await harness.clock.advance(1000)
  await harness.end(3, input)
  t.is(harness.ended.get(3), 'exit')
  t.deepEqual(harness.out(), [4])
})

test('a throttled probe opens until the other side wants to be asked', async t => {
  const harness = createHarness()
  await open(harness)
  for (const number of [3, 4]) await harness.begin(number)
  await harness.clock.advance(1000)
  await harness.end(3, failure('throttled', { retryAfter: 60_000 }))
  t.false(harness.ended.has(3))
  await harness.clock.advance(59_999)
  t.deepEqual(harness.out(), [])
  await harness.clock.advance(1)
  t.deepEqual(harness.out(), [4])
})

test('a late success does not close, a late failure does not open', async t => {
  const harness = createHarness()
  for (const number of [1, 2, 3, 4]) await harness.begin(number)
  await harness.end(1, failure())
  await harness.end(2, failure())
  await harness.end(3)
  t.is(harness.circuit.breaker.machine.state, 'open')
  await harness.begin(5)
  await harness.clock.advance(1000)
  await harness.end(5)
  t.is(harness.circuit.breaker.machine.state, 'closed')
  await harness.end(4, failure())
  await harness.begin(6)
  await harness.end(6, failure())
  t.is(harness.circuit.breaker.machine.state, 'closed')
  t.is(harness.effects.filter(({ type }) => type === 'late').length, 2)
})

test('a probe that hangs does not strand: its lease ends and the next one probes', async t => {
  const harness = createHarness({ breaker: { lease: 5000 } })
  await open(harness)
  for (const number of [3, 4]) await harness.begin(number)
  await harness.clock.advance(1000)
  await harness.clock.advance(5000)
  t.deepEqual(harness.out(), [3])
  await harness.clock.advance(1000)
  t.deepEqual(harness.out(), [3, 4])
  await harness.end(4)
  t.is(harness.circuit.breaker.machine.state, 'closed')
})

test('calls that are still running count as slow', async t => {
  const harness = createHarness({
    breaker: { consecutive: undefined, slow: { limit: 500, rate: 0.5 }, minCalls: 4 },
  })
  for (const number of [1, 2, 3, 4]) await harness.begin(number)
  await harness.clock.advance(500)
  t.is(harness.circuit.breaker.machine.state, 'open')
  t.like(harness.effects[0], { type: 'transition', reason: { rule: 'slow_rate', calls: 4 } })
  for (const number of [1, 2, 3, 4]) await harness.end(number)
  t.is(harness.circuit.running, 0)
})

test('a call that ends in time leaves no timer behind', async t => {
  const harness = createHarness({ breaker: { slow: { limit: 500, rate: 0.5 } } })
  await harness.begin(1)
  await harness.end(1)
  t.is(harness.clock.waiting, 0)
})

test('with --on-open fail the run ends and what was not called is cancelled', async t => {
  const harness = createHarness({ gate: { onOpen: 'fail' } })
  await open(harness)
  await harness.begin(3)
  t.is(harness.ended.get(3), 'refused cancelled')
  t.like(harness.stops, [{ exit: 75 }])
})

test('with --on-open fail a probe is made when it is due, and others wait for its result', async t => {
  const harness = createHarness({ gate: { onOpen: 'fail' } })
  await open(harness)
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
  await open(harness)
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
  await open(harness)
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

test('a rejection is not tried again, counts as no attempt, and says what is open', async t => {
  const harness = createHarness({ gate: { onOpen: 'reject' } })
  await open(harness)
  const { call, attempts } = failsWith()
  const guarded = withBreaker(call, { gateOf: () => harness.gate, clock: harness.clock, probesReturn: false })
  const retried = withRetry(guarded, {
    retries: 5,
    backoff: () => 1,
    retryOn: () => true,
    recordDeadline: 0,
    clock: harness.clock,
  })
  const error = await t.throwsAsync(retried(line, { signal: new AbortController().signal, id: 'x' }), {
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
  await open(harness)
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

test('a record that probed in vain still counts its pause from the start', async t => {
  const harness = createHarness({ gate: { maxPause: 2500 } })
  await open(harness)
  await harness.begin(3)
  await harness.clock.advance(1000)
  await harness.end(3, failure())
  await harness.clock.advance(1499)
  t.deepEqual(harness.stops, [])
  await harness.clock.advance(1)
  t.like(harness.stops, [{ exit: 75 }])
})

test('what waits when the run ends settles at once', async t => {
  const harness = createHarness()
  await open(harness)
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
  await open(harness)
  await harness.begin(3, deadline.signal)
  await harness.begin(4)
  deadline.abort(new Failure('deadline', 'transient', 'Too late'))
  await harness.clock.advance(0)
  t.is(harness.ended.get(3), 'refused deadline')
  await harness.clock.advance(1000)
  t.deepEqual(harness.out(), [4])
})

test('a probe that is cut off returns its lease', async t => {
  const harness = createHarness()
  const cut = new AbortController()
  await open(harness)
  await harness.begin(3, cut.signal)
  await harness.begin(4)
  await harness.clock.advance(1000)
  cut.abort(new Failure('cancelled', 'transient', 'Cut off'))
  await harness.clock.advance(0)
  t.is(harness.ended.get(3), 'cancelled')
  t.deepEqual(harness.out(), [4])
})

test('a retry that waits stands in its old place', async t => {
  const harness = createHarness()
  await harness.begin(1)
  await harness.begin(9)
  await harness.end(1, failure())
  await harness.end(9, failure())
  await harness.begin(5)
  await harness.begin(2)
  await harness.clock.advance(1000)
  t.deepEqual(harness.out(), [2])
})

test('in another opening a record may be the first probe again', async t => {
  const harness = createHarness()
  await open(harness)
  for (const number of [3, 4]) await harness.begin(number)
  await harness.clock.advance(1000)
  await harness.end(3, failure())
  await harness.clock.advance(2000)
  await harness.end(4)
  await harness.begin(5)
  await harness.end(3, failure())
  await harness.end(5, failure())
  t.is(harness.circuit.breaker.machine.state, 'open')
  for (const number of [6, 3]) await harness.begin(number)
  await harness.clock.advance(8000)
  t.deepEqual(harness.out(), [3])
})

/** A circuit whose lock takes so long, which counts how often the probe was asked for. */
const slowToProbe = (ms: number) => {
  const seen = { asked: 0 }
  const circuit = (clock: FakeClock): Circuit => {
    const memory = createMemoryCircuit({ options: touchy(), clock, observe: () => {} })
    return {
      ...memory,
      async probe() {
        seen.asked++
        await new Promise<void>(done => clock.after(ms, done))
        return memory.probe()
      },
    }
  }
  return { seen, circuit }
}

test('one record at a time asks for the probe', async t => {
  const { seen, circuit } = slowToProbe(100)
  const harness = createHarness({ circuit })
  await open(harness)
  for (const number of [3, 4, 5]) await harness.begin(number)
  await harness.clock.advance(1050)
  await harness.begin(6)
  t.is(seen.asked, 1)
  await harness.clock.advance(50)
  t.deepEqual(harness.out(), [3])
})

test('a probe that is granted when the run is over already is given back', async t => {
  const { circuit } = slowToProbe(100)
  const harness = createHarness({ circuit })
  await open(harness)
  await harness.begin(3)
  await harness.clock.advance(1050)
  harness.stopping.abort()
  await harness.clock.advance(50)
  t.is(harness.ended.get(3), 'refused cancelled')
  t.like(harness.circuit.breaker.machine, { state: 'half_open', lease: null })
})

test('a record that gives up just when it would be chosen strands nobody', async t => {
  const harness = createHarness({
    circuit(clock) {
      const memory = createMemoryCircuit({ options: touchy(), clock, observe: () => {} })
      // As with a shared state, whoever asks may have to look first.
      const admit = async () => {
        await new Promise<void>(done => clock.after(10, done))
        return memory.admit()
      }
      return { ...memory, admit }
    },
  })
  for (const number of [1, 2]) {
    await harness.begin(number)
    await harness.clock.advance(10)
    await harness.end(number, failure())
  }
  const deadline = new AbortController()
  await harness.begin(3, deadline.signal)
  await harness.clock.advance(1000)
  await harness.clock.advance(5)
  deadline.abort(new Failure('deadline', 'transient', 'Too late'))
  await harness.clock.advance(1000)
  await harness.begin(4)
  await harness.clock.advance(2000)
  t.deepEqual(harness.out(), [4])
})

test('a gate knows how many records are in it', async t => {
  const harness = createHarness()
  await harness.begin(1)
  t.is(harness.gate.busy, 1)
  await harness.end(1)
  t.is(harness.gate.busy, 0)
  await open(harness)
  await harness.begin(3)
  t.is(harness.gate.busy, 1)
  harness.stopping.abort()
  await harness.clock.advance(0)
  t.is(harness.gate.busy, 0)
})

test('an idle hour after failures, one failure more: it stays closed', async t => {
  const harness = createHarness({ breaker: { consecutive: undefined, failRate: 0.5, minCalls: 4 } })
  for (const number of [1, 2, 3]) {
    await harness.begin(number)
    await harness.end(number, failure())
  }
  await harness.clock.advance(3_600_000)
  await harness.begin(4)
  await harness.end(4, failure())
  t.is(harness.circuit.breaker.machine.state, 'closed')
})
