import test from 'ava'
import { fnv1a64Hex, fnv1a64Modulo } from '../../../src/core/tables/fnv.js'
import fc from '../../helpers/fast-check.js'

// The first eight are from the authors' test suite (`test_fnv.c`), without the zero byte at the end of their strings.
const vectors: readonly [string, string][] = [
  ['', 'cbf29ce484222325'],
  ['a', 'af63dc4c8601ec8c'],
  ['b', 'af63df4c8601f1a5'],
  ['fo', '08985907b541d342'],
  ['foo', 'dcb27518fed9d577'],
  ['foob', 'dd120e790c2512af'],
  ['fooba', 'cac165afa2fef40a'],
  ['foobar', '85944171f73967e8'],
]

/** As the authors describe it. */
const hashSlowly = (bytes: Uint8Array): bigint =>
  bytes.reduce((hash, byte) => BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100_0000_01b3n), 0xcbf2_9ce4_8422_2325n)

test('the hash is that of the authors', t => {
  for (const [text, hex] of vectors) t.is(fnv1a64Hex(Buffer.from(text), 0, Buffer.byteLength(text)), hex, text)
})

test('any bytes, any modulo', t => {
  const size = fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 2 ** 32 }))
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(20), fc.nat(20), size, (bytes, before, after, modulo) => {
      const end = Math.max(before, bytes.length - after)
      const expected = hashSlowly(bytes.subarray(before, end))
      const bound = Math.min(end, bytes.length)
      t.is(fnv1a64Hex(bytes, before, bound), expected.toString(16).padStart(16, '0'))
      t.is(fnv1a64Modulo(bytes, before, bound, modulo), Number(expected % BigInt(modulo)))
    }),
  )
})
