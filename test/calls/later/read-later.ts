import test from 'ava'
import { readLater } from '../../../src/calls/later/read-later.js'

const wall = Date.UTC(2026, 10, 23, 10, 0, 0)

const reads = test.macro((t, text: string, expected: number | undefined) => {
  const read = readLater(text, wall)
  t.is(read === undefined ? undefined : Math.round(read), expected)
})

test('seconds', reads, '30', 30_000)
test('parts of seconds', reads, ' 0.25 ', 250)
test('0', reads, '0', 0)
test('minutes and seconds', reads, '6m0s', 360_000)
test('seconds with a fraction', reads, '7.66s', 7660)
test('milliseconds', reads, '17ms', 17)
test('hours, minutes and seconds', reads, '1h2m3s', 3_723_000)
test('days', reads, '2d', 172_800_000)
test('seconds since 1970', reads, String(wall / 1000 + 9), 9000)
test('seconds since 1970 with a fraction', reads, String(wall / 1000 + 0.5), 500)
test('milliseconds since 1970', reads, String(wall + 250), 250)
test('a date of HTTP', reads, 'Mon, 23 Nov 2026 10:00:20 GMT', 20_000)
test('a date of RFC 850', reads, 'Monday, 23-Nov-26 10:00:20 GMT', 20_000)
test('a date of asctime', reads, 'Mon Nov 23 10:00:20 2026', 20_000)
test('RFC 3339', reads, '2026-11-23T10:00:05Z', 5000)
test('RFC 3339 with an offset', reads, '2026-11-23T12:00:05+02:00', 5000)
test('RFC 3339 without one is UTC', reads, '2026-11-23T10:00:05', 5000)
test('a time that is over', reads, 'Mon, 23 Nov 2026 09:59:58 GMT', -2000)
test('milliseconds since 1970, from 1973 on', reads, '500000000000', 500_000_000_000 - wall)
test('seconds since 1970, from 1973 on', reads, '500000000', 500_000_000_000 - wall)
test('as many seconds as three years have are a wait', reads, '94608000', 94_608_000_000)
test('much later is not cut', reads, '86400', 86_400_000)
for (const text of ['', 'soon', '-1', '1e3', '10, 10', '5 minutes', '2026', '6m0', 'ms', 'unlimited']) {
  const expected = text === '2026' ? 2_026_000 : undefined
  test(
    `${JSON.stringify(text)} is ${expected === undefined ? 'nothing' : 'a number of seconds'}`,
    reads,
    text,
    expected,
  )
}
