import test from 'ava'
import { createAttempts } from '../../src/calls/attempts/create-attempts.js'
import { GaveUp } from '../../src/calls/attempts/gave-up.js'
import type { Call } from '../../src/calls/call.js'
import { createRoom, type Room } from '../../src/calls/room.js'
import { createFakeClock } from '../../src/core/clock.js'
import { Failure } from '../../src/core/failure.js'
import { answer, line } from '../helpers/calls.js'

const lack = () => new Failure('spawn', 'transient', 'No process left (EAGAIN)', { ownLack: true })
const context = (killing = new AbortController().signal) => ({ killing, attempt: 1, id: 'x' })
const turn = () => new Promise<void>(resolve => setImmediate(resolve))

/** The call of a record that is tried once. */
const attempt = (room: Room, call: Call) =>
  createAttempts(room.take(call), {
    timeout: 0,
    retries: 0,
    backoff: () => 0,
    recordDeadline: 0,
    clock: createFakeClock(),
    guard: room.guard(() => () => undefined),
  })

/** A machine that has room for so many calls; the test ends them. */
const createMachine = (size: number, stopping = new AbortController().signal) => {
  const running: (() => void)[] = []
  let tries = 0
  const call: Call = () => {
    tries++
    if (running.length >= size) return Promise.reject(lack())
    return new Promise(resolve => running.push(() => resolve(answer)))
  }
  const room = createRoom(stopping)
  const begin = attempt(room, call)
  return {
    running,
    begin,
    get tries() {
      return tries
    },
    async end() {
      running.shift()?.()
      await turn()
    },
  }
}

test('a call that there is no room for is made when another one has ended', async t => {
  const machine = createMachine(2)
  const calls = [1, 2, 3, 4, 5].map(() => machine.begin(line, context()))
  await turn()
  t.is(machine.running.length, 2)
  t.is(machine.tries, 5)
  for (let count = 0; count < 5; count++) await machine.end()
  t.deepEqual(await Promise.all(calls), Array(5).fill(answer))
  t.is(machine.tries, 8)
})

test('it fails when no other call is running', async t => {
  const machine = createMachine(0)
  const calls = [1, 2, 3].map(() => machine.begin(line, context()))
  for (const call of calls) {
    t.like(await t.throwsAsync(call), {
      failure: { kind: 'spawn', facts: { ownLack: true } },
      attempts: { attempts: 1 },
    })
  }
})

test('who waits for room is cancelled with the run, without an attempt', async t => {
  const stopping = new AbortController()
  const machine = createMachine(1, stopping.signal)
  const first = machine.begin(line, context())
  const second = machine.begin(line, context())
  await turn()
  stopping.abort(new Failure('cancelled', 'transient', 'Cancelled: the run was ended'))
  const error = await t.throwsAsync(second, { instanceOf: GaveUp })
  t.like(error, { attempts: { attempts: 0 }, failure: { kind: 'cancelled' } })
  await machine.end()
  t.is(await first, answer)
})

test('other failures are nobody else’s business', async t => {
  const room = createRoom(new AbortController().signal)
  const failed = new Failure('exit', 'transient', 'Exited with 75', { exit: 75 })
  const call = attempt(room, () => Promise.reject(failed))
  t.like(await t.throwsAsync(call(line, context())), { failure: failed })
})
