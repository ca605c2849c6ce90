import test from 'ava'
import { Attempt } from '../../../src/calls/attempts/attempt.js'
import { createAttempts } from '../../../src/calls/attempts/create-attempts.js'
import { GaveUp } from '../../../src/calls/attempts/gave-up.js'
import type { Call } from '../../../src/calls/call.js'
import { type Clock, createFakeClock } from '../../../src/core/clock.js'
import { Failure } from '../../../src/core/failure.js'
import { answer, hangs, line } from '../../helpers/calls.js'

const never = new AbortController().signal
const context = (killing = never) => ({ killing, id: 'x' })

/** A single attempt with a timeout; rejects with its failure. */
const withTimeout =
  (call: Call, timeout: number, clock: Clock) =>
  (...args: Parameters<ReturnType<typeof createAttempts>>) =>
    createAttempts(call, { timeout, retries: 0, backoff: () => 0, recordDeadline: 0, clock })(...args).catch(error => {
      throw error instanceof GaveUp ? error.failure : error
    })

test('an attempt that takes too long fails with timeout', async t => {
  const clock = createFakeClock()
  const running = withTimeout(hangs, 200, clock)(line, context())
  const failed = t.throwsAsync(running, { instanceOf: Failure, message: 'No answer within 200ms' })
  await clock.advance(200)
  t.like(await failed, { kind: 'timeout', failureClass: 'transient' })
  t.is(clock.waiting, 0)
})

test('an answer in time leaves no timer', async t => {
  const clock = createFakeClock()
  t.is(await withTimeout(async () => answer, 30_000, clock)(line, context()), answer)
  t.is(clock.waiting, 0)
})

test('a timeout of 0 means no limit', async t => {
  const clock = createFakeClock()
  const outer = new AbortController()
  const running = t.throwsAsync(withTimeout(hangs, 0, clock)(line, context(outer.signal)), { instanceOf: Failure })
  await clock.advance(86_400_000)
  t.is(clock.waiting, 0)
  const reason = new Failure('cancelled', 'transient', 'Cancelled')
  outer.abort(reason)
  t.is(await running, reason)
})

test('it settles only when the attempt has', async t => {
  const clock = createFakeClock()
  let finish = () => {}
  const slow: Call = (_line, { killing: signal }) =>
    new Promise((_resolve, reject) => {
      finish = () => reject(signal.reason)
    })
  let settled = false
  const running = withTimeout(
    slow,
    1500,
    clock,
  )(line, context()).catch(error => {
    settled = true
    return error
  })
  await clock.advance(5000)
  t.false(settled)
  finish()
  t.is((await running).message, 'No answer within 1.5s')
})

test('the end of the run cuts the attempt with its own reason', async t => {
  const clock = createFakeClock()
  const outer = new AbortController()
  const reason = new Failure('cancelled', 'transient', 'Cancelled')
  const call = withTimeout(hangs, 200, clock)
  const running = Array.from({ length: 20 }, () => t.throwsAsync(call(line, context(outer.signal))))
  outer.abort(reason)
  for (const failed of running) t.is(await failed, reason)
  t.is(clock.waiting, 0)
  t.is(await t.throwsAsync(call(line, context(outer.signal))), reason)
})

test('an attempt is ended once, for its listener and its signal', t => {
  const attempt = new Attempt({ killing: never, id: 'x' }, never, 1, 0)
  const told: unknown[] = []
  attempt.onEnd(reason => told.push(reason))
  attempt.onEnd(reason => told.push(reason))
  const { killing: signal } = attempt
  t.false(signal.aborted)
  attempt.end('late')
  attempt.end('later')
  t.deepEqual(told, ['late', 'late'])
  t.is(signal.reason, 'late')
})

test('a listener added after the end is called at once, a removed one is not', t => {
  const attempt = new Attempt({ killing: never, id: 'x' }, never, 1, 0)
  const told: unknown[] = []
  const leave = attempt.onEnd(() => told.push('left'))
  leave()
  attempt.end('late')
  attempt.onEnd(reason => told.push(reason))
  t.deepEqual(told, ['late'])
  t.true(attempt.killing.aborted)
  t.is(attempt.killing.reason, 'late')
})
