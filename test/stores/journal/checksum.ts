import { crc32 } from 'node:zlib'
import test from 'ava'
import { checksum } from '../../../src/stores/journal/checksum.js'
import fc from '../../helpers/fast-check.js'

test('a checksum is the CRC-32 of zlib, of any part and going on from any other', t => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(20), fc.nat(2 ** 32 - 1), (array, start, seed) => {
      const bytes = Buffer.from(array)
      const from = Math.min(start, bytes.length)
      t.is(checksum(bytes, from, bytes.length, seed), crc32(bytes.subarray(from), seed))
    }),
  )
  t.is(checksum(Buffer.from('123456789'), 0, 9), 0xcbf43926)
})
