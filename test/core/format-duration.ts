import test from 'ava'
import { duration, maxDuration } from '../../src/cli/values/duration.js'
import { formatDuration } from '../../src/core/format-duration.js'
import fc from '../helpers/fast-check.js'

const durations: [number, string][] = [
  [0, '0s'],
  [0.254, '0.25ms'],
  [9.999, '10ms'],
  [250.4, '250ms'],
  [999.7, '1s'],
  [1500, '1.5s'],
  [60_000, '60s'],
  [90_000, '90s'],
  [119_999.7, '2m'],
  [120_000, '2m'],
  [150_000, '2m30s'],
  [3_600_000, '1h'],
  [5_400_000, '1h30m'],
  [7_145_000, '1h59m5s'],
  [90_061_001, '1d1h1m1.001s'],
  [1_209_600_000, '14d'],
]
for (const [ms, text] of durations)
  test(`a duration in words: ${ms} is ${text}`, t => {
    t.is(formatDuration(ms), text)
  })

test('a duration in whole milliseconds, or hundredths below 10, is read back as it was', t => {
  const whole = fc.oneof(fc.integer({ min: 0, max: maxDuration }), fc.integer({ min: 0, max: 300_000 }))
  const small = fc.integer({ min: 0, max: 1000 }).map(hundredths => hundredths / 100)
  fc.assert(
    fc.property(fc.oneof(whole, small), ms => {
      t.is(duration(formatDuration(ms)), ms)
    }),
  )
})

test('any other duration is read back to its nearest millisecond, below 10 to its hundredth', t => {
  fc.assert(
    fc.property(
      fc.oneof(fc.double({ min: 0, max: 20, noNaN: true }), fc.double({ min: 0, max: 1e10, noNaN: true })),
      ms => {
        t.true(Math.abs(duration(formatDuration(ms)) - ms) <= (ms < 10 ? 0.005 : 0.5) + 1e-9)
      },
    ),
  )
})
