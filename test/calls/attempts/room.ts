import test from 'ava'
import { createAttempts } from '../../../src/calls/attempts/create-attempts.js'
import { GaveUp } from '../../../src/calls/attempts/gave-up.js'
import { createRoom } from '../../../src/calls/attempts/room.js'
import type { Call } from '../../../src/calls/call.js'
import { createFakeClock } from '../../../src/core/clock.js'
import { Failure } from '../../../src/core/failure.js'
import { answer, line } from '../../helpers/calls.js'

const lack = () => new Failure('spawn', 'transient', 'No process left (EAGAIN)', { ownLack: true })
const turn = () => new Promise<void>(resolve => setImmediate(resolve))

/** A machine that has room for so many calls; the test ends them. */
const createMachine = (size: number, stopping = new AbortController().signal) => {
  const running: (() => void)[] = []
  let tries = 0
  const call: Call = () => {
    tries++
    if (running.length >= size) return Promise.reject(lack())
    return new Promise(resolve => running.push(() => resolve(answer)))
  }
  const guard = createRoom(() => () => undefined, stopping)
  const options = { timeout: 0, retries: 0, backoff: () => 0, recordDeadline: 0, clock: createFakeClock(), guard }
  const attempts = createAttempts(call, options)
  return {
    running,
    begin: () => attempts(line, { killing: new AbortController().signal, id: 'x' }),
    tries: () => tries,
    async end() {
      running.shift()?.()
      await turn()
    },
  }
}

test('a call without room is made when another one has ended', async t => {
  const machine = createMachine(2)
  const calls = [1, 2, 3, 4, 5].map(machine.begin)
  await turn()
  t.is(machine.running.length, 2)
  t.is(machine.tries(), 5)
  for (let count = 0; count < 5; count++) await machine.end()
  t.deepEqual(await Promise.all(calls), Array(5).fill(answer))
  t.is(machine.tries(), 8)
})

test('it fails when no other call is running', async t => {
  const machine = createMachine(0)
  const calls = [1, 2, 3].map(machine.begin)
  for (const call of calls) {
    const { failure, attempts } = (await t.throwsAsync(call, { instanceOf: GaveUp })) as GaveUp
    t.like(failure, { kind: 'spawn', facts: { ownLack: true } })
    t.is(attempts.attempts, 1)
  }
})

test('a call that waits for room is cancelled with the run, without an attempt', async t => {
  const stopping = new AbortController()
  const machine = createMachine(1, stopping.signal)
  const first = machine.begin()
  const second = machine.begin()
  await turn()
  stopping.abort(new Failure('cancelled', 'transient', 'Cancelled: the run was stopped'))
  const { failure, attempts } = (await t.throwsAsync(second, { instanceOf: GaveUp })) as GaveUp
  t.is(failure.kind, 'cancelled')
  t.is(attempts.attempts, 0)
  await machine.end()
  t.is(await first, answer)
})
