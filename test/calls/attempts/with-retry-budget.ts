import test from 'ava'
import { GaveUp } from '../../../src/calls/attempts/gave-up.js'
import { withRetry } from '../../../src/calls/attempts/with-retry.js'
import { withRetryBudget } from '../../../src/calls/attempts/with-retry-budget.js'
import type { Call } from '../../../src/calls/call.js'
import { createFakeClock } from '../../../src/core/clock.js'
import { createRetryBudget } from '../../../src/core/rules/retry-budget.js'
import { answer, failsWith, failure, line } from '../../helpers/calls.js'

/** Calls whose every attempt lasts 100 ms; the first of each record fails. */
const setUp = (share: number, floor: number) => {
  const clock = createFakeClock()
  const seen = { calls: 0, retries: 0, mostRetries: 0, done: 0, failed: 0 }
  const call: Call = (_line, { attempt, killing: signal }) =>
    new Promise((resolve, reject) => {
      const isRetry = attempt > 1
      seen.calls++
      if (isRetry) seen.mostRetries = Math.max(seen.mostRetries, ++seen.retries)
      const end = (settle: () => void) => () => {
        seen.calls--
        if (isRetry) seen.retries--
        settle()
      }
      clock.after(100, end(isRetry ? () => resolve(answer) : () => reject(failure())))
      signal.addEventListener(
        'abort',
        end(() => reject(signal.reason)),
      )
    })
  const budget = createRetryBudget(share, floor)
  const retried = withRetryBudget(withRetry(call, { retries: 1, backoff: () => 0, recordDeadline: 0, clock }), budget)
  const run = (stopping = new AbortController().signal) =>
    retried(line, { killing: new AbortController().signal, stopping, id: 'x' }).then(
      () => void seen.done++,
      error => {
        if (!(error instanceof GaveUp)) throw error
        seen.failed++
      },
    )
  return { clock, seen, run, budget }
}

test('never more retries at once than the budget, and all come through', async t => {
  const { clock, seen, run, budget } = setUp(0.2, 3)
  const all = Promise.all(Array.from({ length: 10 }, () => run()))
  await clock.advance(100)
  t.is(seen.retries, 3)
  await clock.advance(500)
  await all
  t.is(seen.mostRetries, 3)
  t.is(seen.done, 10)
  t.like(budget, { calls: 0, retries: 0 })
})

test('calls in flight allow a share of retries', async t => {
  const { clock, seen, run } = setUp(0.2, 1)
  for (let index = 0; index < 20; index++) void run()
  await clock.advance(50)
  for (let index = 0; index < 50; index++) void run()
  await clock.advance(50)
  // 50 first attempts and 12 retries: 20% of 62.
  t.is(seen.retries, 12)
  await clock.advance(10_000)
  t.is(seen.mostRetries, 12)
  t.is(seen.done, 70)
})

test('a budget of nothing lets one retry through at a time', async t => {
  const { clock, seen, run } = setUp(0, 0)
  for (let index = 0; index < 4; index++) void run()
  await clock.advance(600)
  t.is(seen.mostRetries, 1)
  t.is(seen.done, 4)
})

test('a retry that waits for budget is cancelled like any other, and takes nothing with it', async t => {
  const { clock, seen, run, budget } = setUp(0, 1)
  const stop = new AbortController()
  const stay = run()
  const leave = [run(stop.signal), run(stop.signal)]
  await clock.advance(100)
  t.is(seen.retries, 1)
  stop.abort()
  await Promise.all(leave)
  t.is(seen.failed, 2)
  await clock.advance(100)
  await stay
  t.like(budget, { calls: 0, retries: 0 })
})

test('a retry that waits for a slot is not in flight, and when it is cancelled its place is free', async t => {
  const clock = createFakeClock()
  const { call } = failsWith(failure(), failure())
  const budget = createRetryBudget(0, 1)
  const retried = withRetryBudget(withRetry(call, { retries: 1, backoff: () => 0, recordDeadline: 0, clock }), budget)
  const stop = new AbortController()
  const slot = {
    release() {},
    acquire: (signal: AbortSignal) =>
      new Promise<void>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  }
  const signal = new AbortController().signal
  const stuck = t.throwsAsync(retried(line, { killing: signal, stopping: stop.signal, id: 'x', slot }), {
    instanceOf: GaveUp,
  })
  await clock.advance(0)
  t.like(budget, { calls: 0, retries: 1 })
  const other = retried(line, { killing: signal, id: 'x' })
  await clock.advance(0)
  stop.abort()
  await stuck
  await clock.advance(0)
  t.is(await other, answer)
  t.like(budget, { calls: 0, retries: 0 })
})

test('a first attempt that waits with its slot freed is not in flight, and no retry afterwards', async t => {
  const budget = createRetryBudget(0, 0)
  const seen: unknown[] = []
  const signal = new AbortController().signal
  const retried = withRetryBudget(async (_line, { slot }) => {
    slot?.release()
    seen.push({ ...budget })
    await slot?.acquire(signal)
    seen.push({ ...budget })
    return answer
  }, budget)
  await retried(line, { killing: signal, id: 'x' })
  t.like(seen, [
    { calls: 0, retries: 0 },
    { calls: 1, retries: 0 },
  ])
  t.like(budget, { calls: 0, retries: 0 })
})

test('retries that are let in together make no room for each other before they have a slot', async t => {
  const clock = createFakeClock()
  const budget = createRetryBudget(0.5, 0)
  const fails: Call = async () => {
    throw failure()
  }
  const retried = withRetryBudget(withRetry(fails, { retries: 1, backoff: () => 0, recordDeadline: 0, clock }), budget)
  const signal = new AbortController().signal
  const slot = { release() {}, acquire: () => new Promise<void>(() => {}) }
  const run = () => void retried(line, { killing: signal, id: 'x', slot })
  // Four calls of others are under way, and so many retries that there is no room.
  Object.assign(budget, { calls: 4, retries: 9 })
  for (let index = 0; index < 6; index++) run()
  await clock.advance(0)
  t.is(budget.retries, 9)
  budget.retries = 0
  run()
  await clock.advance(0)
  // Half of six: the call that has just begun, and the retry itself, count.
  t.like(budget, { calls: 4, retries: 3 })
})
