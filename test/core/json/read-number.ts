import test from 'ava'
import { readNumber } from '../../../src/core/json/read-number.js'
import fc from '../../helpers/fast-check.js'

const read = (text: string) => {
  const bytes = Buffer.from(`7${text}7`)
  return readNumber(bytes, 1, bytes.length - 1)
}
const json = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/

test('numbers are read as JSON.parse reads them', t => {
  const texts = ['0', '-0', '0.0', '-0.0', '7', '-1', '0.1', '123456789012345', '1234567890123456', '9007199254740993']
  texts.push(
    '0.000000000000001',
    '0.30000000000000004',
    '99999999999999.9',
    '1e5',
    '1E-7',
    '-1.5e+300',
    '1e999',
    '1e-999',
  )
  texts.push(
    '5e-324',
    '2.2250738585072011e-308',
    `1${'0'.repeat(400)}`,
    `0.${'0'.repeat(400)}1`,
    '1234567.12345678',
    '0.5',
  )
  for (const text of texts) t.is(read(text), JSON.parse(text), text)
})

test('what is not a JSON number is undefined', t => {
  const texts = [
    '',
    '-',
    '+1',
    '.5',
    '1.',
    '01',
    '-01',
    '00',
    '-.5',
    '1.e5',
    '1e',
    '1e+',
    '1.2.3',
    '1-2',
    '0x10',
    'Infinity',
    'NaN',
  ]
  for (const text of [...texts, '"1"', 'true', 'null', '[1]', '1 ', ' 1', '1n', '1_0', '12345678901234567.']) {
    t.is(read(text), undefined, text)
  }
})

test('any double is read exactly, however it is written', t => {
  const digits = fc.stringMatching(/^-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,3})?$/)
  const written = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.maxSafeInteger().map(String),
    digits,
  )
  fc.assert(
    fc.property(written, text => {
      t.is(read(text), Number(text))
    }),
    { numRuns: 2000 },
  )
})

test('any text is a number exactly when the grammar says so', t => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('0', '1', '9', '-', '.', 'e', '+'), maxLength: 8 }), text => {
      t.is(read(text), json.test(text) ? Number(text) : undefined)
    }),
    { numRuns: 2000 },
  )
})
