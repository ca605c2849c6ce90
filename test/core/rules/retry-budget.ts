import test from 'ava'
import { largestRetries } from '../../../src/core/rules/retry-budget.js'

test('never fewer than the floor, however few calls', t => {
  t.is(largestRetries({ share: 0.2, floor: 3 }, 1), 3)
  t.is(largestRetries({ share: 0.2, floor: 3 }, 5), 3)
})

test('a fifth of the calls in flight, retries among them', t => {
  t.is(largestRetries({ share: 0.2, floor: 3 }, 100), 20)
})

test('shares that binary fractions miss come out right', t => {
  t.is(largestRetries({ share: 0.29, floor: 0 }, 100), 29)
  t.is(largestRetries({ share: 0.07, floor: 0 }, 100), 7)
})

test('a floor of 0 does not wait for ever when nothing is in flight', t => {
  t.is(largestRetries({ share: 0.2, floor: 0 }, 1), 1)
  t.is(largestRetries({ share: 0.2, floor: 0 }, 2), 0)
})
