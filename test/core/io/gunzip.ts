import { constants, crc32, deflateRawSync, gunzipSync, gzipSync } from 'node:zlib'
import test from 'ava'
import { createGunzip } from '../../../src/core/io/gunzip.js'
import fc from '../../helpers/fast-check.js'

/** Unpacks these pieces, one after another. */
const unpack = async (pieces: readonly Buffer[]) => {
  const given: Buffer[] = []
  // What is given away is not kept by whoever takes it.
  const gunzip = createGunzip(bytes => given.push(Buffer.from(bytes)))
  for (const piece of pieces) await gunzip.write(piece)
  await gunzip.end()
  return { bytes: Buffer.concat(given), damage: gunzip.damage?.message }
}

const cutUp = (bytes: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size))

const text = Buffer.from(Array.from({ length: 300 }, (_, index) => `{"order":${index * 7919}}\n`).join(''))
const packed = gzipSync(text)

test('members behind each other are unpacked, however they are cut, with zeros between them', async t => {
  const member = fc.record({
    bytes: fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.integer({ min: 0, max: 300_000 }).map(length => Buffer.alloc(length, 'a line\n')),
    ),
    level: fc.integer({ min: 0, max: 9 }),
    zeros: fc.integer({ min: 0, max: 5 }),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(member, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 1000 }),
      async (all, size) => {
        const input = Buffer.concat(
          all.flatMap(({ bytes, level, zeros }) => [gzipSync(bytes, { level }), Buffer.alloc(zeros)]),
        )
        const { bytes, damage } = await unpack(cutUp(input, input.length > 5000 ? size * 16 : size))
        t.is(damage, undefined)
        t.true(bytes.equals(Buffer.concat(all.map(one => one.bytes))))
      },
    ),
  )
})

test('a header may hold extra fields, a name, a comment and a check sum', async t => {
  for (let flags = 0; flags < 32; flags++) {
    const header = [Buffer.from([0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 3])]
    if (flags & 4) header.push(Buffer.from([3, 0, 0x1f, 0x8b, 0]))
    if (flags & 8) header.push(Buffer.from('orders.ndjson\0'))
    if (flags & 16) header.push(Buffer.from('of today\0'))
    if (flags & 2) {
      const sum = crc32(Buffer.concat(header))
      header.push(Buffer.from([sum & 0xff, (sum >> 8) & 0xff]))
    }
    const trailer = Buffer.alloc(8)
    trailer.writeUInt32LE(crc32(text), 0)
    trailer.writeUInt32LE(text.length, 4)
    const input = Buffer.concat([...header, deflateRawSync(text), trailer])
    t.true(gunzipSync(input).equals(text))
    for (const size of [1, 7, input.length]) {
      const { bytes, damage } = await unpack(cutUp(input, size))
      t.deepEqual([bytes.equals(text), damage], [true, undefined], `flags ${flags} in pieces of ${size}`)
    }
  }
})

test('a file cut off anywhere passes on everything before the cut', async t => {
  for (let length = 2; length < packed.length; length++) {
    const start = packed.subarray(0, length)
    const { bytes, damage } = await unpack(cutUp(start, 100))
    const wanted = length < 10 ? Buffer.alloc(0) : gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH })
    t.true(bytes.equals(wanted), `${length} of ${packed.length} bytes`)
    t.is(damage, `it is not a complete gzip file: it ends early, after byte ${length}`)
  }
})

/** Whether these bytes are those, but for a last chunk of zlib. */
const isBeginning = (bytes: Buffer, whole: Buffer): boolean =>
  bytes.equals(whole.subarray(0, bytes.length)) && whole.length - bytes.length < 16 * 1024

const long = Buffer.from(Array.from({ length: 5000 }, (_, index) => `{"order":${index * 7919}}\n`).join(''))
const packedLong = gzipSync(long)

for (const [what, tail] of [
  ['text', Buffer.from('garbage')],
  ['two bytes', Buffer.from('gg')],
  ['a wrong method', Buffer.from([0x1f, 0x8b, 9, 0])],
  ['a header with a wrong check sum', Buffer.from([0x1f, 0x8b, 8, 2, 0, 0, 0, 0, 0, 3, 0, 0])],
  ['a header of times to come', Buffer.from([0x1f, 0x8b, 8, 0x20, 0, 0, 0, 0, 0, 3])],
  ['zeros and text', Buffer.from('\0\0\0garbage')],
] as const) {
  test(`garbage behind gzip (${what}) is told, and what zlib gave out before it was given away`, async t => {
    const input = Buffer.concat([packedLong, tail])
    for (const size of [1, 50, input.length]) {
      const { bytes, damage } = await unpack(cutUp(input, size))
      t.true(isBeginning(bytes, long))
      if (size === 1) t.true(bytes.equals(long))
      t.regex(String(damage), /^it is not a complete gzip file: damaged after byte \d+ \(.+\)$/)
    }
  })
}

test('one byte of garbage is not a complete header', async t => {
  for (const byte of ['\x1f', 'g']) {
    const { bytes, damage } = await unpack([packed, Buffer.from(byte)])
    t.true(bytes.equals(text))
    t.is(damage, `it is not a complete gzip file: it ends early, after byte ${packed.length + 1}`)
  }
})

test('a wrong checksum or length is reported', async t => {
  for (const at of [8, 4]) {
    const input = Buffer.from(packedLong)
    input[input.length - at] = (input.at(-at) ?? 0) ^ 1
    for (const size of [1, input.length]) {
      const { bytes, damage } = await unpack(cutUp(input, size))
      t.true(isBeginning(bytes, long))
      t.regex(
        String(damage),
        /^it is not a complete gzip file: damaged after byte \d+ \(incorrect (data|length) check\)$/,
      )
    }
  }
})

test('data that cannot be decompressed is reported, and nothing after it is passed on', async t => {
  // 7 is no type of block.
  const input = Buffer.concat([packedLong, packedLong.subarray(0, 10), Buffer.from([7]), packedLong])
  const { bytes, damage } = await unpack([input])
  t.true(isBeginning(bytes, long))
  t.regex(String(damage), /^it is not a complete gzip file: damaged after byte \d+ \(invalid block type\)$/)
})

test('a member behind more zeros than fit into one piece is not lost', async t => {
  const input = Buffer.concat([packed, Buffer.alloc(100_000), packed])
  for (const size of [packed.length, 16_384, input.length]) {
    const { bytes, damage } = await unpack(cutUp(input, size))
    t.deepEqual([bytes.equals(Buffer.concat([text, text])), damage], [true, undefined], `in pieces of ${size}`)
  }
})

test('a flipped bit never gives away more than before it, and is told unless nothing depends on it', async t => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 80, max: packed.length * 8 - 1 }), async bit => {
      const input = Buffer.from(packed)
      input[bit >> 3] = (input[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const { bytes, damage } = await unpack([input])
      t.true(damage !== undefined || bytes.equals(text))
    }),
  )
})
