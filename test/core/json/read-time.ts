import test from 'ava'
import { readTime } from '../../../src/core/json/read-time.js'
import fc from '../../helpers/fast-check.js'

const read = (json: string) => readTime(Buffer.from(json), 0, Buffer.byteLength(json))

test('times of RFC 3339 are those of Date.parse', t => {
  fc.assert(
    fc.property(fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }), date => {
      t.is(read(`"${date.toISOString()}"`), date.getTime())
    }),
    { numRuns: 300 },
  )
  for (const text of ['2026-11-23T10:00:00+05:30', '2024-02-29T23:59:59.5-08:00', '1969-12-31t00:00:00z']) {
    t.is(read(`"${text}"`), Date.parse(text.toUpperCase()), text)
  }
  t.is(read('"2026-11-23 10:00:00Z"'), Date.parse('2026-11-23T10:00:00Z'))
  t.is(read('"2016-12-31T23:59:60Z"'), Date.parse('2017-01-01T00:00:00Z'))
})

test('numbers are seconds or milliseconds by their size', t => {
  t.is(read('1700000000'), 1_700_000_000_000)
  t.is(read('1700000000000'), 1_700_000_000_000)
  t.is(read('0'), 0)
})

for (const json of [
  '"2026-11-23T10:00:00"',
  '"2026-02-29T10:00:00Z"',
  '"2026-13-01T10:00:00Z"',
  '"2026-11-23T24:00:00Z"',
  '"2026-11-23T10:60:00Z"',
  '"2026-11-23T10:00:00.Z"',
  '"2026-11-23T10:00:00+5:30"',
  '"2026-11-23T10:00:00Zx"',
  '"2026-11-23"',
  '""',
  '-1',
  '1e14',
  'true',
  'null',
  '{}',
]) {
  test(`${json} is no time`, t => t.is(read(json), undefined))
}
