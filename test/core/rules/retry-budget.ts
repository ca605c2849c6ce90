import test from 'ava'
import {
  createRetryBudget,
  endCall,
  endRetry,
  largestRetries,
  startCall,
  startRetry,
} from '../../../src/core/rules/retry-budget.js'
import fc from '../../helpers/fast-check.js'

const withCalls = (calls: number, share?: number, floor?: number) => {
  const budget = createRetryBudget(share, floor)
  for (let count = 0; count < calls; count++) startCall(budget)
  return budget
}
const startAll = (budget: ReturnType<typeof createRetryBudget>) => {
  let started = 0
  while (startRetry(budget)) started++
  return started
}

test('never fewer than the floor, however few calls', t => {
  t.is(startAll(withCalls(0)), 3)
  t.is(startAll(withCalls(4)), 3)
})

test('a fifth of the calls in flight, retries among them', t => {
  const budget = withCalls(80)
  t.is(startAll(budget), 20)
  t.is(budget.calls, 100)
  t.is(budget.retries, 20)
})

test('a retry that ends makes room for one that waits', t => {
  const budget = withCalls(4)
  startAll(budget)
  t.false(startRetry(budget))
  endRetry(budget)
  t.true(startRetry(budget))
  t.false(startRetry(budget))
})

test('shares that binary fractions miss come out right', t => {
  t.is(largestRetries(createRetryBudget(0.29, 0), 100), 29)
  t.is(largestRetries(createRetryBudget(0.07, 0), 100), 7)
})

test('a floor of 0 does not wait for ever when nothing is in flight', t => {
  const budget = withCalls(1, 0.2, 0)
  t.false(startRetry(budget))
  endCall(budget)
  t.true(startRetry(budget))
  t.false(startRetry(budget))
})

test('over any calls: the bound holds when a retry starts, and all that wait come through', t => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.constantFrom('call', 'end', 'retry', 'done')),
      (share, floor, events) => {
        const budget = createRetryBudget(share, floor)
        let calls = 0
        let retries = 0
        let waiting = 0
        for (const event of events) {
          if (event === 'call') {
            startCall(budget)
            calls++
          }
          if (event === 'end' && calls > 0) {
            endCall(budget)
            calls--
          }
          if (event === 'retry') {
            const bound = Math.max(floor, share * (calls + retries + 1))
            if (startRetry(budget)) {
              retries++
              if (retries > bound + 1e-6) throw new Error(`${retries} retries of ${calls} calls`)
            } else {
              if (retries + 1 <= bound - 1e-6) throw new Error(`No retry beside ${retries} of ${calls} calls`)
              waiting++
            }
          }
          if (event === 'done' && retries > 0) {
            endRetry(budget)
            retries--
          }
        }
        for (; calls > 0; calls--) endCall(budget)
        for (; retries > 0; retries--) endRetry(budget)
        for (; waiting > 0; waiting--) {
          if (!startRetry(budget)) throw new Error('A retry waits beside nothing')
          endRetry(budget)
        }
        return budget.calls === 0 && budget.retries === 0
      },
    ),
  )
  t.pass()
})
