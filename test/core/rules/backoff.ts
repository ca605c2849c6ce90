import test from 'ava'
import { backoff } from '../../../src/core/rules/backoff.js'
import fc from '../../helpers/fast-check.js'

const almostOne = 1 - 2 ** -53

for (const [retry, longest] of [
  [1, 500],
  [2, 1000],
  [3, 2000],
  [6, 16_000],
  [7, 30_000],
  [5000, 30_000],
] as const) {
  test(`retry ${retry} of 500ms..30s waits from 0 to ${longest} ms`, t => {
    const waits = { min: 500, max: 30_000 }
    t.is(
      backoff(waits, retry, () => 0),
      0,
    )
    t.is(
      backoff(waits, retry, () => 0.5),
      longest / 2,
    )
    const most = backoff(waits, retry, () => almostOne)
    t.true(most > longest * 0.999 && most <= longest)
  })
}

test('a backoff is a number from 0 to its longest wait, whatever the retry', t => {
  const wait = fc.double({ min: 0, max: 3e11, noNaN: true })
  fc.assert(
    fc.property(
      wait,
      wait,
      fc.integer({ min: 1, max: 1e9 }),
      fc.double({ min: 0, max: almostOne, noNaN: true }),
      (a, b, retry, at) => {
        const [min, max] = [Math.min(a, b), Math.max(a, b)]
        const ms = backoff({ min, max }, retry, () => at)
        t.true(ms >= 0 && ms <= max)
      },
    ),
  )
})
