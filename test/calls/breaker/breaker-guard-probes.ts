import test from 'ava'
import { createMemoryCircuit } from '../../../src/calls/breaker/memory-circuit.js'
import type { Circuit } from '../../../src/core/breaker/circuit.js'
import type { FakeClock } from '../../../src/core/clock.js'
import { Failure } from '../../../src/core/failure.js'
import { createHarness, openCircuit, touchy } from '../../helpers/breaker-calls.js'
import { failure } from '../../helpers/calls.js'

const input = new Failure('exit', 'input', 'Bad record', { exit: 65 })

const permanent = new Failure('exit', 'permanent', 'Exit 1', { exit: 1 })

test('when the open time is over exactly one probe is out, then all go on in their order', async t => {
  const harness = createHarness()
  await openCircuit(harness)
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
  await openCircuit(harness)
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
  await openCircuit(harness)
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
  await openCircuit(harness)
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
  await openCircuit(harness)
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
  await openCircuit(harness)
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
  await openCircuit(harness)
  for (const number of [3, 4]) await harness.begin(number)
  await harness.clock.advance(1000)
  await harness.end(3, input)
  t.is(harness.ended.get(3), 'exit')
  t.deepEqual(harness.out(), [4])
})

test('a throttled probe opens until the other side wants to be asked', async t => {
  const harness = createHarness()
  await openCircuit(harness)
  for (const number of [3, 4]) await harness.begin(number)
  await harness.clock.advance(1000)
  await harness.end(3, failure('throttled', { retryAfter: 60_000 }))
  t.false(harness.ended.has(3))
  await harness.clock.advance(59_999)
  t.deepEqual(harness.out(), [])
  await harness.clock.advance(1)
  t.deepEqual(harness.out(), [4])
})

test('a probe that hangs does not strand: its lease ends and the next one probes', async t => {
  const harness = createHarness({ breaker: { lease: 5000 } })
  await openCircuit(harness)
  for (const number of [3, 4]) await harness.begin(number)
  await harness.clock.advance(1000)
  await harness.clock.advance(5000)
  t.deepEqual(harness.out(), [3])
  await harness.clock.advance(1000)
  t.deepEqual(harness.out(), [3, 4])
  await harness.end(4)
  t.is(harness.circuit.breaker.machine.state, 'closed')
})

test('a record that probed in vain still counts its pause from the start', async t => {
  const harness = createHarness({ gate: { maxPause: 2500 } })
  await openCircuit(harness)
  await harness.begin(3)
  await harness.clock.advance(1000)
  await harness.end(3, failure())
  await harness.clock.advance(1499)
  t.deepEqual(harness.stops, [])
  await harness.clock.advance(1)
  t.like(harness.stops, [{ exit: 75 }])
})

test('a probe that is cut off returns its lease', async t => {
  const harness = createHarness()
  const cut = new AbortController()
  await openCircuit(harness)
  await harness.begin(3, cut.signal)
  await harness.begin(4)
  await harness.clock.advance(1000)
  cut.abort(new Failure('cancelled', 'transient', 'Cut off'))
  await harness.clock.advance(0)
  t.is(harness.ended.get(3), 'cancelled')
  t.deepEqual(harness.out(), [4])
})

test('in another opening a record may be the first probe again', async t => {
  const harness = createHarness()
  await openCircuit(harness)
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
  await openCircuit(harness)
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
  await openCircuit(harness)
  await harness.begin(3)
  await harness.clock.advance(1050)
  harness.stopping.abort()
  await harness.clock.advance(50)
  t.is(harness.ended.get(3), 'refused cancelled')
  t.like(harness.circuit.breaker.machine, { state: 'half_open', lease: null })
})
