import test from 'ava'
import { compareDecimals } from '../../../src/core/merge/compare-decimals.js'
import fc from '../../helpers/fast-check.js'

for (const [less, more] of [
  ['-1', '0'],
  ['0', '1e-400'],
  ['9007199254740992', '9007199254740993'],
  ['-9007199254740993', '-9007199254740992'],
  ['1e400', '1e401'],
  ['-1e401', '-1e400'],
  ['0.1', '0.10000000000000000001'],
  ['99', '1e2'],
  ['0.002', '0.01'],
] as const) {
  test(`${less} is less than ${more}`, t => {
    t.true(compareDecimals(less, more) < 0)
    t.true(compareDecimals(more, less) > 0)
  })
}

for (const [one, other] of [
  ['0', '-0.0e5'],
  ['1', '1.000'],
  ['100', '1e2'],
  ['0.0012', '12E-4'],
  ['-1.50', '-15e-1'],
] as const) {
  test(`${one} equals ${other}`, t => t.is(compareDecimals(one, other), 0))
}

test('Integers of any length compare as BigInt does, with zeros and exponents too', t => {
  const big = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n })
  const near = fc.tuple(big, fc.constantFrom(-1n, 0n, 1n)).map(([one, step]) => [one, one + step] as const)
  fc.assert(
    fc.property(fc.oneof(near, fc.tuple(big, big)), fc.nat(5), ([one, other], zeros) => {
      const order = one < other ? -1 : one > other ? 1 : 0
      t.is(Math.sign(compareDecimals(String(one), `${other}${'0'.repeat(zeros)}e-${zeros}`)), order)
    }),
  )
})
