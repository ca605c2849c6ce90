import test from 'ava'
import { withTimeout } from '../../../src/calls/attempts/with-timeout.js'
import type { Call } from '../../../src/calls/call.js'
import { createFakeClock } from '../../../src/core/clock.js'
import { Failure } from '../../../src/core/failure.js'
import { answer, hangs, line } from '../../helpers/calls.js'

const context = (killing = new AbortController().signal) => ({ killing, attempt: 1, id: 'x' })

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

test('0 is no timeout', t => {
  t.is(withTimeout(hangs, 0, createFakeClock()), hangs)
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
