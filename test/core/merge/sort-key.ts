import test from 'ava'
import { SortKey } from '../../../src/core/merge/sort-key.js'
import fc from '../../helpers/fast-check.js'

const keyOf = (json: string): SortKey => {
  const key = new SortKey()
  // In the middle of others, as in a line.
  const bytes = Buffer.from(`[${json},7]\n`)
  key.read(bytes, 1, bytes.length - 4)
  return key
}

// From the least to the greatest; those of a group are equal.
const groups = [
  ['null'],
  ['false'],
  ['true'],
  ['-1e999'],
  ['-1e400'],
  ['-12', '-1.2e1'],
  ['-0', '0', '0e9'],
  ['1e-400'],
  ['5e-324'],
  ['1', '1.0', '10e-1'],
  ['9007199254740992'],
  ['9007199254740993', '9007199254740993.0'],
  ['""'],
  ['"a"', '"\\u0061"'],
  ['"a\\u0000"'],
  ['"aa"'],
  ['"é"', '"\\u00e9"'],
  ['"\\uffff"'],
  ['"😀"', '"\\ud83d\\ude00"'],
]

test('Keys are in order: null, false, true, numbers, strings by code points', t => {
  const all = groups.flatMap((group, rank) => group.map(json => ({ json, rank, key: keyOf(json) })))
  for (const one of all) {
    for (const other of all) {
      t.is(Math.sign(one.key.compare(other.key)), Math.sign(one.rank - other.rank), `${one.json} and ${other.json}`)
    }
  }
})

test('Objects and arrays have no order', t => {
  for (const json of ['{}', '[]', '[1]', '{"a":1}']) {
    const bytes = Buffer.from(`${json}\n`)
    t.false(new SortKey().read(bytes, 0, bytes.length - 1))
  }
})

test('A key that is kept does not mind what becomes of its line', t => {
  for (const json of ['"abc"', '"\\u0061bc"', '9007199254740993', 'true']) {
    const bytes = Buffer.from(`  ${json}\n`)
    const key = new SortKey()
    key.read(bytes, 2, bytes.length - 1)
    key.keep()
    bytes.fill(0x39)
    t.is(key.compare(keyOf(json)), 0, json)
  }
})

test('Strings compare as their UTF-8 does, numbers as numbers', t => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (one, other) => {
      const order = Buffer.compare(Buffer.from(one), Buffer.from(other))
      t.is(Math.sign(keyOf(JSON.stringify(one)).compare(keyOf(JSON.stringify(other)))), order)
    }),
  )
  fc.assert(
    fc.property(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      (one, other) => {
        t.is(
          Math.sign(keyOf(JSON.stringify(one)).compare(keyOf(JSON.stringify(other)))),
          Math.sign(one === other ? 0 : one - other),
        )
      },
    ),
  )
})
