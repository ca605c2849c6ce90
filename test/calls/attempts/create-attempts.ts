import test, { type ExecutionContext } from 'ava'
import type { RecordContext } from '../../../src/calls/attempts/attempt.js'
import { type AttemptOptions, createAttempts, type RetryEvent } from '../../../src/calls/attempts/create-attempts.js'
import { GaveUp } from '../../../src/calls/attempts/gave-up.js'
import type { Call } from '../../../src/calls/call.js'
import { createFakeClock } from '../../../src/core/clock.js'
import { Failure } from '../../../src/core/failure.js'
import { answer, failsWith, failure, hangs, line } from '../../helpers/calls.js'

const setUp = (call: Call, options: Partial<AttemptOptions> = {}, context: Partial<RecordContext> = {}) => {
  const clock = createFakeClock(1000)
  const events: RetryEvent[] = []
  const retried = createAttempts(call, {
    timeout: 0,
    retries: 3,
    backoff: failed => failed * 100,
    recordDeadline: 0,
    clock,
    onRetry: event => events.push(event),
    ...options,
  })
  const state = { done: false }
  const running = retried(line, { killing: new AbortController().signal, id: 'x', ...context }).finally(() => {
    state.done = true
  })
  running.catch(() => {})
  return { clock, events, running, state }
}

const gaveUp = async (t: ExecutionContext, running: Promise<unknown>) => {
  const error = await t.throwsAsync(running, { instanceOf: GaveUp })
  if (error === undefined) throw new Error('Did not give up')
  return error
}

test('a first success is not tried again', async t => {
  const { call, attempts } = failsWith()
  const { clock, events, running } = setUp(call)
  t.is(await running, answer)
  t.deepEqual(attempts, [1])
  t.deepEqual(events, [])
  t.is(clock.waiting, 0)
})

test('passing failures are tried again after the backoff', async t => {
  const { call, attempts } = failsWith(failure(), failure())
  const { clock, events, running, state } = setUp(call)
  await clock.advance(99)
  t.deepEqual(attempts, [1])
  await clock.advance(1)
  t.deepEqual(attempts, [1, 2])
  await clock.advance(199)
  t.false(state.done)
  await clock.advance(1)
  t.is(await running, answer)
  t.deepEqual(
    events.map(({ line, attempt, wait }) => ({ line, attempt, wait })),
    [
      { line: 7, attempt: 1, wait: 100 },
      { line: 7, attempt: 2, wait: 200 },
    ],
  )
})

test('when the retries are used up the last failure and the attempts are reported', async t => {
  const failures = [failure(), failure(), failure()]
  const { call } = failsWith(...failures)
  const { clock, running } = setUp(call, { retries: 2 })
  await clock.advance(1000)
  const { failure: last, attempts } = await gaveUp(t, running)
  t.is(last, failures[2] as Failure)
  t.deepEqual(attempts, { attempts: 3, duration: 300, firstFailedAt: 1000, firstFailure: failures[0] })
})

const notRetried = test.macro(async (t, given: Failure, options?: Partial<AttemptOptions>) => {
  const { call, attempts } = failsWith(given)
  const { running } = setUp(call, options)
  t.is((await gaveUp(t, running)).failure, given)
  t.deepEqual(attempts, [1])
})

test('permanent failures are not tried again', notRetried, failure('permanent'))
test('failures of the input are not tried again', notRetried, failure('input'))
test('fatal failures are not tried again', notRetried, failure('fatal'))
for (const kind of ['field', 'parse'] as const) {
  test(`a record that fills no call (${kind}) is no attempt, whatever is tried again`, async t => {
    const given = new Failure(kind, 'input', 'No field')
    const { call, attempts: begun } = failsWith(given)
    const { failure: last, attempts } = await gaveUp(t, setUp(call, { retryOn: () => true }).running)
    t.is(last, given)
    t.is(attempts.attempts, 0)
    t.deepEqual(begun, [1])
  })
}

test('without retries there is one attempt', notRetried, failure(), { retries: 0 })
test('retryOn decides', notRetried, failure(), { retryOn: () => false })

test('retryOn may allow a permanent failure', async t => {
  const { call } = failsWith(failure('permanent'))
  const { clock, running } = setUp(call, { retryOn: () => true })
  await clock.advance(100)
  t.is(await running, answer)
})

test('a waiting retry is cancelled at once', async t => {
  const controller = new AbortController()
  const { clock, running } = setUp(failsWith(failure()).call, {}, { killing: controller.signal })
  await clock.advance(50)
  controller.abort()
  const { failure: last, attempts } = await gaveUp(t, running)
  t.like(last, { kind: 'cancelled', failureClass: 'transient' })
  t.like(attempts, { attempts: 1, duration: 50, firstFailedAt: 1000 })
  t.is(clock.waiting, 0)
})

test('stopping lets the running attempt end, and waits for no other', async t => {
  const stopping = new AbortController()
  let fail = (_failure: Failure) => {}
  const call: Call = (_line, { killing: signal }) =>
    new Promise((_resolve, reject) => {
      fail = reject
      signal.addEventListener('abort', () => reject(signal.reason))
    })
  const { clock, running, state } = setUp(call, {}, { stopping: stopping.signal })
  stopping.abort(new Failure('cancelled', 'transient', 'Stopped'))
  await clock.advance(1000)
  t.false(state.done)
  fail(failure())
  t.is((await gaveUp(t, running)).failure.message, 'Stopped')
})

test('a run that is over begins no attempt', async t => {
  const { call, attempts } = failsWith()
  const { running } = setUp(call, {}, { killing: AbortSignal.abort() })
  const { failure: last, attempts: facts } = await gaveUp(t, running)
  t.is(last.kind, 'cancelled')
  t.is(facts.attempts, 0)
  t.deepEqual(attempts, [])
})

test('a running attempt is cut by the end of the run', async t => {
  const controller = new AbortController()
  const { running } = setUp(hangs, {}, { killing: controller.signal })
  const reason = new Failure('cancelled', 'transient', 'Stopped')
  controller.abort(reason)
  t.is((await gaveUp(t, running)).failure, reason)
})

test('a running attempt is cut by the deadline of the record', async t => {
  const { clock, running } = setUp(hangs, { recordDeadline: 1500 })
  await clock.advance(1499)
  t.is(clock.waiting, 1)
  await clock.advance(1)
  const { failure: last, attempts } = await gaveUp(t, running)
  t.like(last, { kind: 'deadline', message: 'Not finished within the 1.5s of --record-deadline' })
  t.is(attempts.duration, 1500)
})

test('a timeout inside does not hide the deadline', async t => {
  const clock = createFakeClock()
  const { running } = setUp(hangs, { timeout: 400, recordDeadline: 650, clock })
  await clock.advance(650)
  const { failure: last, attempts } = await gaveUp(t, running)
  t.is(last.kind, 'deadline')
  t.is(attempts.attempts, 2)
  t.is(attempts.firstFailure?.kind, 'timeout')
  t.is(clock.waiting, 0)
})

test('a wait that would pass the deadline is not begun', async t => {
  const first = failure()
  const { clock, running } = setUp(failsWith(first).call, { recordDeadline: 100 })
  const { failure: last, attempts } = await gaveUp(t, running)
  t.is(last.kind, 'deadline')
  t.like(attempts, { attempts: 1, duration: 0 })
  t.is(attempts.firstFailure, first)
  t.is(clock.waiting, 0)
})

test('the slot is free while a retry waits and taken back before it runs', async t => {
  const log: string[] = []
  let grant = () => {}
  const slot = {
    release: () => void log.push('release'),
    acquire: (_signal: AbortSignal, asRetry?: boolean) =>
      new Promise<void>(resolve => {
        log.push(asRetry ? 'acquire' : 'take back')
        grant = resolve
      }),
  }
  const { call, attempts } = failsWith(failure())
  const { clock, running } = setUp(call, {}, { slot })
  await clock.advance(0)
  t.deepEqual(log, ['release'])
  await clock.advance(500)
  t.deepEqual(log, ['release', 'acquire'])
  t.deepEqual(attempts, [1])
  grant()
  t.is(await running, answer)
})

test('a retry that waits for its slot is cancelled too', async t => {
  const controller = new AbortController()
  const slot = {
    release() {},
    acquire: (signal: AbortSignal) =>
      new Promise<void>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
  }
  const { clock, running } = setUp(failsWith(failure()).call, {}, { slot, killing: controller.signal })
  await clock.advance(100)
  controller.abort()
  t.is((await gaveUp(t, running)).failure.kind, 'cancelled')
})

test("a programmer's mistake is passed through", async t => {
  const { running } = setUp(async () => {
    throw new TypeError('Oops')
  })
  await t.throwsAsync(running, { instanceOf: TypeError, message: 'Oops' })
})
