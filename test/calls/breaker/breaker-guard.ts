import test from 'ava'
import { createMemoryCircuit } from '../../../src/calls/breaker/memory-circuit.js'
import { Failure } from '../../../src/core/failure.js'
import { createHarness, openCircuit, touchy } from '../../helpers/breaker-calls.js'
import { failure } from '../../helpers/calls.js'

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

test('while open no call is made and nothing fails', async t => {
  const harness = createHarness()
  await openCircuit(harness)
  for (const number of [3, 4, 5]) await harness.begin(number)
  await harness.clock.advance(999)
  t.deepEqual(harness.out(), [])
  t.deepEqual([...harness.ended.keys()], [1, 2])
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

test('a waiting retry keeps its place in line', async t => {
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

test('a record that gives up just when it would be chosen does not block others', async t => {
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
  await openCircuit(harness)
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
