import test from 'ava'
import { formatBriefCount, formatCount } from '../../src/cli/format.js'
import { formatSize } from '../../src/core/io/format-size.js'
import fc from '../helpers/fast-check.js'

const shows = test.macro({
  title: (_, format: (value: number) => string, value: number) => `${format.name} of ${value}`,
  exec: (t, format: (value: number) => string, value: number, text: string) => t.is(format(value), text),
})

test(shows, formatSize, 0, '0B')
test(shows, formatSize, 512, '512B')
test(shows, formatSize, 65_536, '64KiB')
test(shows, formatSize, 1_572_864, '1.5MiB')
test(shows, formatSize, 1024 ** 2 - 1, '1MiB')
test(shows, formatSize, 1024 ** 5, '1024TiB')
test(shows, formatCount, 0, '0')
test(shows, formatCount, 999, '999')
test(shows, formatCount, 1000, '1,000')
test(shows, formatCount, 1_234_567, '1,234,567')
test(shows, formatCount, -1_234_567, '-1,234,567')

test(shows, formatBriefCount, 0, '0')
test(shows, formatBriefCount, 999, '999')
test(shows, formatBriefCount, 1000, '1k')
test(shows, formatBriefCount, 12_449, '12.4k')
test(shows, formatBriefCount, 99_960, '100k')
test(shows, formatBriefCount, 123_456, '123k')
test(shows, formatBriefCount, 999_499, '999k')
test(shows, formatBriefCount, 999_500, '1M')
test(shows, formatBriefCount, 7_250_000_000, '7.3G')
test(shows, formatBriefCount, 5e15, '5000T')

test('a count without its commas is the count', t => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), count => {
      t.is(Number(formatCount(count).replaceAll(',', '')), count)
      t.regex(formatCount(count), /^-?\d{1,3}(,\d{3})*$/)
    }),
  )
})
