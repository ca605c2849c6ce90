import test from 'ava'
import { createPatience } from '../../../src/calls/attempts/patience.js'
import { Refused } from '../../../src/calls/attempts/refused.js'
import { createBreakerGate } from '../../../src/calls/breaker/gate.js'
import { createKeyedGates } from '../../../src/calls/breaker/keyed-gates.js'
import { createMemoryCircuit } from '../../../src/calls/breaker/memory-circuit.js'
import { createFakeClock } from '../../../src/core/clock.js'
import { Failure } from '../../../src/core/failure.js'
import type { Line } from '../../../src/core/lines.js'
import { touchy } from '../../helpers/breaker-calls.js'

const createHarness = (maxKeys: number) => {
  const clock = createFakeClock()
  const closed: string[] = []
  const made: string[] = []
  const gates = createKeyedGates({
    maxKeys,
    keyOf({ bytes }) {
      const key = String(bytes).trim()
      if (key === '') throw new Failure('field', 'input', 'No key')
      return key
    },
    create(key) {
      made.push(key)
      const circuit = createMemoryCircuit({ options: touchy({ name: key }), clock, observe: () => {} })
      return createBreakerGate({
        circuit: {
          ...circuit,
          async close() {
            closed.push(key)
          },
        },
        onOpen: 'pause',
        patience: createPatience({ maxPause: 0, clock, stop: () => {} }),
        clock,
        stop: () => {},
        stopping: new AbortController().signal,
      })
    },
  })
  const lineOf = (key: string): Line => ({ bytes: Buffer.from(`${key}\n`), number: 1, file: undefined })
  return { gates, closed, made, lineOf, gateOf: async (key: string) => gates.gateOf(lineOf(key)) }
}

test('each key has a circuit of its own, made once', async t => {
  const { gates, made, lineOf } = createHarness(10)
  const [one, again, other] = await Promise.all(['a', 'a', 'b'].map(key => gates.gateOf(lineOf(key))))
  t.is(one, again)
  t.not(one, other)
  t.is(one, await gates.gateOf(lineOf('a')))
  t.deepEqual(made, ['a', 'b'])
})

test('of too many keys the closed one that was idle the longest leaves, never a busy one', async t => {
  const { closed, gateOf } = createHarness(3)
  const [a, b] = [await gateOf('a'), await gateOf('b')]
  const admission = await a.enter({ bytes: Buffer.from('a\n'), number: 1, file: undefined }, context)
  t.is(admission.kind, 'call')
  b.circuit.breaker.machine = { ...b.circuit.breaker.machine, state: 'open', until: 9e15 }
  await gateOf('c')
  await gateOf('d')
  t.deepEqual(closed, ['c'])
  await gateOf('b')
  await gateOf('e')
  t.deepEqual(closed, ['c', 'd'])
})

test('when none is closed an open one leaves', async t => {
  const { closed, gateOf } = createHarness(1)
  const a = await gateOf('a')
  a.circuit.breaker.machine = { ...a.circuit.breaker.machine, state: 'open', until: 9e15 }
  await gateOf('b')
  t.deepEqual(closed, ['a'])
})

test('at the end all are closed', async t => {
  const { gates, closed, gateOf } = createHarness(10)
  await gateOf('a')
  await gateOf('b')
  await gates.close()
  t.deepEqual(closed, ['a', 'b'])
})

test('a record without a key is refused without a call', t => {
  const { gates, lineOf } = createHarness(1)
  t.throws(() => gates.gateOf(lineOf('')), { instanceOf: Refused })
})

const context = { killing: new AbortController().signal, attempt: 1, id: 'x' }
