import test from 'ava'
import { choice } from '../../../src/cli/values/choice.js'
import { duration } from '../../../src/cli/values/duration.js'
import { durationRange } from '../../../src/cli/values/duration-range.js'
import { failurePattern } from '../../../src/cli/values/failure-pattern.js'
import { InvalidValue } from '../../../src/cli/values/invalid-value.js'
import { countOrPercent, percentage } from '../../../src/cli/values/percentage.js'
import { rate } from '../../../src/cli/values/rate.js'
import { retryBudget } from '../../../src/cli/values/retry-budget.js'
import { size } from '../../../src/cli/values/size.js'
import type { ValueParser } from '../../../src/cli/values/value-parser.js'
import { wholeNumber } from '../../../src/cli/values/whole-number.js'
import { formatDuration } from '../../../src/core/format-duration.js'
import { formatSize } from '../../../src/core/io/format-size.js'
import fc from '../../helpers/fast-check.js'

type Parser = ValueParser<unknown>
const mode = choice(['delay', 'drop', 'reject', 'first'])
const ten = wholeNumber(1, 10)

const accepts = test.macro({
  title: (_, parser: Parser, text: string) => `${parser.wanted} takes ${text}`,
  exec: (t, parser: Parser, text: string, value: unknown) => t.deepEqual(parser(text), value),
})

for (const [text, value] of [
  ['0', 0],
  ['0s', 0],
  ['250ms', 250],
  ['5s', 5000],
  ['90s', 90_000],
  ['1.5s', 1500],
  ['1.001s', 1001],
  ['0.1ms', 0.1],
  ['1h30m', 5_400_000],
  ['1m1ms', 60_001],
  ['2d', 172_800_000],
  ['1w', 604_800_000],
  ['1w2d3h4m5s6ms', 788_645_006],
  ['1h1.5s', 3_601_500],
  ['3650d', 315_360_000_000],
] as const) {
  test(accepts, duration, text, value)
}
for (const [text, count, per, bytes] of [
  ['10/s', 10, 1000, false],
  ['600/m', 600, 60_000, false],
  ['1000/h', 1000, 3_600_000, false],
  ['5/d', 5, 86_400_000, false],
  ['0.5/s', 0.5, 1000, false],
  ['100/10s', 100, 10_000, false],
  ['1/1h30m', 1, 5_400_000, false],
  ['5MB/s', 5_000_000, 1000, true],
  ['64KiB/m', 65_536, 60_000, true],
  ['0.5B/s', 0.5, 1000, true],
] as const) {
  test(accepts, rate, text, { count, per, bytes })
}
for (const [text, value] of [
  ['500', 500],
  ['10B', 10],
  ['64KiB', 65_536],
  ['64KB', 64_000],
  ['64kB', 64_000],
  ['1MB', 1_000_000],
  ['1MiB', 1_048_576],
  ['1.5MiB', 1_572_864],
  ['1.1KiB', 1126],
  ['2TiB', 2_199_023_255_552],
] as const) {
  test(accepts, size, text, value)
}
test(accepts, percentage, '50%', 0.5)
test(accepts, percentage, '0%', 0)
test(accepts, percentage, '100%', 1)
test(accepts, percentage, '0.7%', 0.007)
test(accepts, countOrPercent, '5', { count: 5 })
test(accepts, countOrPercent, '1%', { share: 0.01 })
test(accepts, ten, '1', 1)
test(accepts, ten, '10', 10)
test(accepts, ten, '1e1', 10)
test(accepts, wholeNumber(), '1e6', 1_000_000)
test(accepts, wholeNumber(), '0', 0)
test(accepts, durationRange, '500ms..30s', { min: 500, max: 30_000 })
test(accepts, durationRange, '1.5s..1.5s', { min: 1500, max: 1500 })
test(accepts, durationRange, '0..0', { min: 0, max: 0 })
test(accepts, retryBudget, '20%/3', { share: 0.2, floor: 3 })
test(accepts, retryBudget, '0%/0', { share: 0, floor: 0 })
test(accepts, mode, 'drop', 'drop')
test(accepts, failurePattern, 'timeout,exit:75,status:5xx,status:429,network', {
  kinds: ['timeout', 'network'],
  exits: [75],
  statuses: [
    { from: 500, to: 599 },
    { from: 429, to: 429 },
  ],
})

const refuses = test.macro({
  title: (_, parser: Parser, text: string, _message?: string) => `${parser.wanted} refuses ${JSON.stringify(text)}`,
  exec(t, parser: Parser, text: string, message?: string) {
    const error = t.throws(() => parser(text), { instanceOf: InvalidValue })
    if (message !== undefined) t.is(error?.message, message)
  },
})

test(
  refuses,
  duration,
  '5',
  '"5" is not a duration; expected a number with a unit, or several starting with the largest unit, such as 250ms, 5s, 1h30m or 2d',
)
for (const text of ['', ' ', '-5s', '5 s', ' 5s', '5s\n', '1s1h', '1s1s', '1.5h30m', '.5s', '5.s', '5S', '1e3s', '00'])
  test(refuses, duration, text)
test(
  refuses,
  duration,
  '3651d',
  '"3651d" is longer than 10 years; expected a number with a unit, or several starting with the largest unit, such as 250ms, 5s, 1h30m or 2d',
)
test(refuses, duration, `${'9'.repeat(400)}s`)
test(
  refuses,
  rate,
  '10 per sec',
  '"10 per sec" is not a rate; expected a number and a unit, such as 10/s, 600/m, 1000/h or 5MB/s',
)
test(
  refuses,
  rate,
  '0/s',
  '"0/s" lets nothing through; expected a number and a unit, such as 10/s, 600/m, 1000/h or 5MB/s',
)
test(
  refuses,
  rate,
  '0.0001/d',
  '"0.0001/d" is less than one in 10 years; expected a number and a unit, such as 10/s, 600/m, 1000/h or 5MB/s',
)
for (const text of ['', '10', '10/', '/s', '10/0', '10/0s', '10/5', '-1/s', '10/s/s', '5K/s', `${'9'.repeat(400)}/s`])
  test(refuses, rate, text)
test(
  refuses,
  size,
  '64K',
  '"64K" does not say whether it means KiB (counted in 1024) or KB (in 1000); expected a number of bytes, with or without a unit, such as 500, 64KiB or 1MB',
)
for (const text of ['', '0', '1.5', '1.5B', '0.0001KiB', '-1', '1 MB', '1mb', '1PiB', '1e3', '99999TiB'])
  test(refuses, size, text)
for (const text of ['', '50', '101%', '-1%', '%', '50 %', '5e1%']) test(refuses, percentage, text)
for (const text of ['', '1.5', '-1', '101%', '9'.repeat(30)]) test(refuses, countOrPercent, text)
test(refuses, ten, '0', '"0" is too small; expected a whole number from 1 to 10, such as 10')
test(refuses, ten, '11', '"11" is too large; expected a whole number from 1 to 10, such as 10')
test(refuses, wholeNumber(1), 'x', '"x" is not a whole number; expected a whole number of at least 1, such as 10')
for (const text of ['', '1.5', '-1', '0x1', '1_0', '1e', '1e99']) test(refuses, wholeNumber(), text)
test(
  refuses,
  durationRange,
  '30s..5s',
  '"30s..5s" starts with the longer one; expected the shortest and the longest duration, such as 500ms..30s',
)
for (const text of ['', '5s', '..', '5s..', '1s..2s..3s', '1..2', '0..30s']) test(refuses, durationRange, text)
for (const text of ['', '20%', '20/3', '20%/', '20%/1.5', '120%/3', '20%/3/3', '20%/9007199254740993'])
  test(refuses, retryBudget, text)
test(refuses, mode, 'drp', '"drp" is not known; expected delay, drop, reject or first; did you mean drop?')
test(refuses, mode, 'zzzzzz', '"zzzzzz" is not known; expected delay, drop, reject or first')
test(
  refuses,
  failurePattern,
  'timeout,tiemout',
  '"tiemout" is not a failure of a call; expected kinds, exit:CODE and status:CODE separated by commas; did you mean timeout?',
)
for (const text of [
  '',
  'timeout,',
  'exit:256',
  'exit:x',
  'status:',
  'status:6xx',
  'status:42',
  'parse',
  'timeout, exit:1',
])
  test(refuses, failurePattern, text)

test('an invalid value says what is wanted, with an example, and never shows more than its first 60 characters', t => {
  const error = t.throws(() => rate('x'.repeat(5000)), { instanceOf: InvalidValue })
  t.is(error?.wanted, 'a number and a unit')
  t.is(error?.example, '10/s, 600/m, 1000/h or 5MB/s')
  t.true((error?.message.length ?? 0) < 200)
})

test('a size written for people is read back to a tenth of its unit', t => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 52 }), bytes => {
      const back = size(formatSize(bytes))
      t.true(Math.abs(back - bytes) <= 1 + bytes * 0.05, `${bytes} ${back}`)
    }),
  )
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1023 }), fc.integer({ min: 0, max: 4 }), (count, power) => {
      t.is(size(formatSize(count * 1024 ** power)), count * 1024 ** power)
    }),
  )
})

test('a rate keeps its count, its period and its unit', t => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e9 }),
      fc.integer({ min: 1, max: 1e8 }),
      fc.boolean(),
      (count, per, bytes) => {
        t.deepEqual(rate(`${count}${bytes ? 'B' : ''}/${formatDuration(per)}`), { count, per, bytes })
      },
    ),
  )
})

test('a percentage is exactly rounded', t => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000 }), hundredths => {
      t.is(percentage(`${hundredths / 100}%`), hundredths / 10_000)
    }),
  )
})

const likely = fc.string({ unit: fc.constantFrom(...'0123456789.,:/%-e smhdwkKMGTiBx') })

test('any text is either taken, and never as NaN or undefined, or refused with InvalidValue', t => {
  const parsers: Parser[] = [
    duration,
    rate,
    size,
    percentage,
    countOrPercent,
    ten,
    wholeNumber(),
    durationRange,
    retryBudget,
    mode,
    failurePattern,
  ]
  const check = (value: unknown): boolean => {
    if (typeof value === 'number') return Number.isFinite(value) && value >= 0
    if (typeof value === 'object' && value !== null) return Object.values(value).every(check)
    return value !== undefined
  }
  const texts = fc.oneof(fc.string({ unit: 'binary' }), likely)
  fc.assert(
    fc.property(fc.constantFrom(...parsers), texts, (parser, text) => {
      try {
        return check(parser(text))
      } catch (error) {
        return error instanceof InvalidValue && !error.message.includes('undefined')
      }
    }),
    { numRuns: 20_000 },
  )
  t.pass()
})
