import { crc32 } from 'node:zlib'
import test from 'ava'
import { checksum } from '../../../src/stores/journal/checksum.js'
import fc from '../../helpers/fast-check.js'

test('a checksum is the CRC-32 of zlib, of any part and going on from any other', t => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 600 }),
      fc.nat(20),
      fc.nat(2 ** 32 - 1),
      (array, start, seed) => {
        const bytes = Buffer.from(array)
        const from = Math.min(start, bytes.length - 1)
        t.is(checksum(bytes, from, bytes.length, seed), crc32(bytes.subarray(from), seed))
      },
    ),
  )
  // Of nothing zlib says 0.
  t.is(checksum(Buffer.alloc(4), 2, 2, 7), 7)
  t.is(checksum(Buffer.from('123456789'), 0, 9), 0xcbf43926)
})
