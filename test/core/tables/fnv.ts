import test from 'ava'
import { canonicalOf } from '../../../src/core/json/canonical.js'
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

// Keys as they are written, their canonical bytes, the hash of those, and where eight parts put them. Computed with BigInt.
const keys: readonly [string, string, string, number][] = [
  ['null', 'null', '5b9bc4ba528108e4', 4],
  ['true', 'true', '5b5c98ef514dbfa5', 5],
  ['false', 'false', 'b5fae2c14238b978', 0],
  ['0', '0', 'af63ad4c86019caf', 7],
  ['-0', '0', 'af63ad4c86019caf', 7],
  ['1', '1', 'af63ac4c86019afc', 4],
  ['10', '1e1', '44bb441817891a3e', 6],
  ['1000.0', '1e3', '44bb4218178916d8', 0],
  ['1.5', '15e-1', '8742825f8b83987c', 4],
  ['-7', '-7', '07d01107b497db5d', 5],
  ['0.1', '1e-1', '5377abeffe1a23c9', 1],
  ['9007199254740993', '9007199254740993', 'b28c40e58db1a4f1', 1],
  ['"a"', '"a"', 'd4272417d7c77eea', 2],
  ['"\\u0061"', '"a"', 'd4272417d7c77eea', 2],
  ['"ada"', '"ada"', '912a39b519cea8bb', 3],
  ['"é"', '"é"', '162b0081d9700039', 1],
  ['""', '""', '07cc7607b4949e25', 5],
  ['[1, "x"]', '[1,"x"]', '96219dbcbfa7ae68', 0],
  ['{"b":1,"a":[ ]}', '{"a":[],"b":1}', 'cbca7b161584ea57', 7],
  ['[10.0,"DE"]', '[1e1,"DE"]', 'bb000995a152efe3', 3],
]

for (const [json, canonical, hex, part] of keys) {
  test(`the key ${json} is hashed as ${canonical}`, t => {
    const bytes = Buffer.from(canonicalOf(json) ?? '')
    t.is(bytes.toString(), canonical)
    t.is(fnv1a64Hex(bytes, 0, bytes.length), hex)
    t.is(fnv1a64Modulo(bytes, 0, bytes.length, 8), part)
  })
}
