import test from 'ava'
import { admit, settle } from '../../../src/core/breaker/breaker.js'
import type { Breaker } from '../../../src/core/breaker/model.js'
import { type BreakerOptions, createBreakerOptions } from '../../../src/core/breaker/options.js'
import { judged } from '../../../src/core/breaker/window.js'
import { Failure } from '../../../src/core/failure.js'
import { call, create, down, fail, start, stateOf } from '../../helpers/breaker-rules.js'

const timeout = new Failure('timeout', 'transient', 'No answer')
const exit1 = new Failure('exit', 'permanent', 'Exited with 1', { exit: 1 })
const notFound = new Failure('http_status', 'permanent', '404', { status: 404 })
const minute = 60_000
const hour = 60 * minute

/** So many calls at once against a service that never answers: after how many counted timeouts it opens. */
const hang = (jobs: number, limit: number, given: Partial<BreakerOptions>): number => {
  const breaker = create(given)
  const ends: number[] = []
  for (let count = 0, now = start; count < 200; count++) {
    while (ends.length < jobs) {
      const admission = admit(breaker, now)
      if (admission.kind !== 'call') return count
      ends.push(now + limit)
    }
    // A slot never frees at the very same moment as another.
    now = Math.max(now + 1, ends.shift() as number)
    settle(breaker, breaker.machine.generation, now, 'failure', limit, timeout)
    if (stateOf(breaker) !== 'closed') return count + 1
  }
  return Infinity
}

const windows: [string, Partial<BreakerOptions>][] = [
  ['all defaults', {}],
  ['a window of time alone', { window: { count: undefined, time: minute } }],
  ['a window of calls alone', { window: { count: 100, time: undefined } }],
  ['the streak alone', { failRate: undefined }],
  ['the rate alone', { consecutive: undefined }],
]
for (const [name, given] of windows)
  test(`a service that always hangs opens the circuit at the tenth timeout, whatever -j and --timeout: ${name}`, t => {
    for (let jobs = 1; jobs <= 8; jobs++)
      for (const limit of [1000, 2000, 15_000, 30_000, minute, 2 * minute, 10 * minute])
        t.is(hang(jobs, limit, given), 10, `-j ${jobs} --timeout ${limit}ms`)
  })

test('--consecutive has no time in it', t => {
  for (const apart of [0, 15_000, minute, hour]) {
    const breaker = create({ consecutive: 5 })
    for (let count = 0; count < 4; count++) call(breaker, start + count * apart, 'failure', apart / 4)
    t.is(stateOf(breaker), 'closed')
    call(breaker, start + 4 * apart, 'failure', apart / 4)
    t.like(breaker.machine, { state: 'open', reason: { rule: 'consecutive', value: 5 } })
  }
})

const failures = (breaker: Breaker, times: number, now: number, failure: Failure, judgement: 'failure' | 'ignored') => {
  for (let count = 0; count < times; count++) settle(breaker, breaker.machine.generation, now, judgement, 0, failure)
}

test('8 failures, an idle hour, 1 failure: closed; 9, an hour, 1: open by consecutive', t => {
  for (const [before, state] of [
    [8, 'closed'],
    [9, 'open'],
  ] as const) {
    const breaker = create()
    fail(breaker, before)
    fail(breaker, 1, start + hour)
    t.is(stateOf(breaker), state)
    if (state === 'open') t.is(breaker.machine.reason?.rule, 'consecutive')
  }
})

test('the default row is of failures that may pass: a success, a permanent failure or the time to live ends it', t => {
  const rate = { failRate: 1, minCalls: 10 }
  const enders: [string, (breaker: Breaker) => void][] = [
    ['ok', breaker => call(breaker, start, 'ok')],
    ['exit 1', breaker => failures(breaker, 1, start, exit1, 'failure')],
    ['404', breaker => failures(breaker, 1, start, notFound, 'ignored')],
  ]
  for (const [name, end] of enders) {
    const breaker = create({ failRate: undefined })
    fail(breaker, 9)
    end(breaker)
    fail(breaker, 9)
    t.is(stateOf(breaker), 'closed', name)
    fail(breaker, 1)
    t.is(stateOf(breaker), 'open', name)
  }
  const old = create(rate)
  fail(old, 9)
  fail(old, 1, start + 25 * hour)
  t.is(stateOf(old), 'closed')
  t.is(old.streak, 1)
})

test('a row that was asked for counts all that counts, and what does not count leaves it alone', t => {
  const breaker = create({ failRate: undefined, consecutive: 4 })
  failures(breaker, 2, start, exit1, 'failure')
  failures(breaker, 5, start, notFound, 'ignored')
  fail(breaker, 1)
  t.is(stateOf(breaker), 'closed')
  failures(breaker, 1, start, exit1, 'failure')
  t.is(stateOf(breaker), 'open')
})

test('the least number of calls and the row go together unless both are given', t => {
  const pick = ({ minCalls, consecutive, consecutiveOf }: BreakerOptions) => [minCalls, consecutive, consecutiveOf]
  t.deepEqual(pick(createBreakerOptions()), [10, 10, 'transient'])
  t.deepEqual(pick(createBreakerOptions({ minCalls: 25 })), [25, 25, 'transient'])
  t.deepEqual(pick(createBreakerOptions({ minCalls: 3 })), [3, 10, 'transient'])
  t.deepEqual(pick(createBreakerOptions({ consecutive: 20 })), [20, 20, 'counted'])
  t.deepEqual(pick(createBreakerOptions({ consecutive: 3 })), [10, 3, 'counted'])
  t.deepEqual(pick(createBreakerOptions({ consecutive: 20, minCalls: 5 })), [5, 20, 'counted'])
  const breaker = create({ consecutive: 20 })
  fail(breaker, 19)
  t.is(stateOf(breaker), 'closed')
  fail(breaker, 1)
  t.is(stateOf(breaker), 'open')
})

test('a steady 40% of failures, some of them permanent, does not open it in 10,000 calls', t => {
  const breaker = create()
  for (let index = 0, now = start; index < 10_000; index++, now += 500) {
    const bad = index % 5 === 1 || index % 5 === 2
    const failure = index % 15 === 1 ? exit1 : down
    settle(breaker, 1, now, bad ? 'failure' : 'ok', 100, bad ? failure : undefined)
  }
  t.is(stateOf(breaker), 'closed')
  // In a random order neither, by the row: a window of a hundred sees half of them fail now and then.
  const shuffled = create({ failRate: undefined })
  let seed = 1
  for (let index = 0; index < 10_000; index++) {
    seed = (seed * 48_271) % 0x7fffffff
    const share = seed / 0x7fffffff
    const failure = share < 0.1 ? exit1 : share < 0.4 ? down : undefined
    settle(shuffled, 1, start + index * 500, failure === undefined ? 'ok' : 'failure', 100, failure)
  }
  t.is(stateOf(shuffled), 'closed')
})

test('with one call every 50 s and a window of 60 s the last 10 are judged', t => {
  for (const count of [100, undefined]) {
    const breaker = create({ window: { count, time: minute }, consecutive: undefined })
    for (let index = 0; index < 20; index++) {
      call(breaker, start + index * 50_000, index % 5 < 2 ? 'failure' : 'ok', 1000)
      t.is(judged(breaker.window).calls, Math.min(index + 1, 10))
    }
    t.is(stateOf(breaker), 'closed')
    for (let index = 20; stateOf(breaker) === 'closed' && index < 40; index++)
      call(breaker, start + index * 50_000, 'failure', 1000)
    t.like(breaker.machine.reason, { rule: 'fail_rate', calls: 10, value: 0.5 })
  }
})

test('a call that was running all the time keeps what was before it', t => {
  const breaker = create({ consecutive: undefined })
  fail(breaker, 9)
  settle(breaker, 1, start + hour, 'failure', hour - minute, timeout)
  t.is(stateOf(breaker), 'open')
})
