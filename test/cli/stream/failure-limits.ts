import test from 'ava'
import type { CommonOptions } from '../../../src/cli/common-options.js'
import { isTolerated, isTooMany, isWithin } from '../../../src/cli/stream/failure-limits.js'
import { Ledger } from '../../../src/core/ledger.js'

const ledger = (read: number, rejected: number, kind: 'exit' | 'too_long' = 'exit'): Ledger => {
  const made = new Ledger()
  made.read = read
  made.rejected = rejected
  for (let n = 0; n < rejected; n++) made.bad(kind).delivered(1)
  return made
}
const options = (part: Partial<CommonOptions>) => ({ tolerate: { count: 0 }, ...part }) as CommonOptions

test('without --max-fail nothing is asked', t => {
  t.is(isTooMany(options({})), undefined)
})

test('a number of failures may be reached, not passed, from the first record on', t => {
  const isOver = isTooMany(options({ maxFail: { count: 2 } }))
  t.deepEqual(
    [1, 2, 3].map(count => isOver?.(ledger(3, count), false)),
    [false, false, true],
  )
})

test('a share says nothing before 20 records, and nothing while it is not known how many were read', t => {
  const isOver = isTooMany(options({ maxFail: { share: 0.1 } }))
  t.deepEqual(
    [1, 19, 20].map(read => isOver?.(ledger(read, read), true)),
    [false, false, true],
  )
  t.false(isOver?.(ledger(20, 20), false))
  // As many as allowed are allowed.
  t.deepEqual(
    [2, 3].map(count => isOver?.(ledger(20, count), true)),
    [false, true],
  )
})

test('failures are tolerated up to a count or a share, including those of earlier stages that are kept here', t => {
  const three = options({ tolerate: { count: 3 } })
  t.true(isTolerated(three, 0, ledger(10, 3)))
  t.false(isTolerated(three, 0, ledger(10, 4)))
  t.false(isTolerated(three, 2, ledger(10, 2)))
  const half = options({ tolerate: { share: 0.5 } })
  t.true(isTolerated(half, 0, ledger(10, 5)))
  t.false(isTolerated(half, 0, ledger(10, 6)))
  // 5 of 11 + 5.
  t.true(isTolerated(half, 5, ledger(11, 3)))
  t.false(isTolerated(half, 5, ledger(4, 0)))
  t.true(isTolerated(options({}), 0, ledger(10, 0)))
})

test('a record that was too long is never tolerated, unless it was handed on', t => {
  const all = { tolerate: { share: 1 } }
  t.false(isTolerated(options(all), 0, ledger(10, 1, 'too_long')))
  t.true(isTolerated(options({ ...all, inline: true }), 0, ledger(10, 1, 'too_long')))
})

test('as many as allowed are within', t => {
  t.true(isWithin({ count: 2 }, 2, 100))
  t.false(isWithin({ count: 2 }, 3, 100))
  t.true(isWithin({ share: 0.25 }, 1, 4))
  t.false(isWithin({ share: 0.25 }, 2, 4))
})
