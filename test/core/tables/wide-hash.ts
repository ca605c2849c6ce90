import test from 'ava'
import { WideHash } from '../../../src/core/tables/wide-hash.js'
import fc from '../../helpers/fast-check.js'

const hashOf = (hash: WideHash, bytes: Uint8Array, start = 0, end = bytes.length): string => {
  hash.hash(bytes, start, end)
  return [hash.a, hash.b, hash.c, hash.d].join()
}

test('equal bytes have equal hashes wherever they stand, others do not', t => {
  const hash = new WideHash()
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 40 }), (one, other) => {
      const around = Buffer.concat([other, one, other])
      t.is(hashOf(hash, around, other.length, other.length + one.length), hashOf(hash, one))
      t.is(hashOf(hash, one) === hashOf(hash, other), Buffer.compare(one, other) === 0)
    }),
  )
})

test('another secret gives another hash, in each half', t => {
  const bytes = Buffer.from('a key')
  const secrets = [
    [1, 2, 3, 4],
    [1, 2, 3, 5],
    [5, 2, 3, 4],
  ].map(words => hashOf(new WideHash(Int32Array.from(words)), bytes).split(','))
  const [base = [], second = [], first = []] = secrets
  t.deepEqual(base.slice(0, 2), [second[0], second[1]])
  for (const at of [2, 3]) t.not(base[at], second[at])
  for (const at of [0, 1]) t.not(base[at], first[at])
})

test('all 128 bits depend on every byte', t => {
  const hash = new WideHash()
  const bytes = Buffer.alloc(21, 7)
  const words = () => {
    hash.hash(bytes, 0, bytes.length)
    return [hash.a, hash.b, hash.c, hash.d]
  }
  const plain = words()
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = 6
    for (const [index, word] of words().entries()) {
      const changed = ((word ^ (plain[index] as number)) >>> 0).toString(2).replaceAll('0', '').length
      t.true(changed >= 3 && changed <= 29, `byte ${at}, word ${index}: ${changed} bits`)
    }
    bytes[at] = 7
  }
})
