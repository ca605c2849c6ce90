import test from 'ava'
import { createKeyHash } from '../../../src/core/tables/key-hash.js'
import { createKeyTable } from '../../../src/core/tables/key-table.js'
import fc from '../../helpers/fast-check.js'

const table = (max: number, maxBytes?: number) => {
  const gone: string[] = []
  const keys = createKeyTable({
    max,
    ...(maxBytes === undefined ? {} : { maxBytes }),
    leave: slot => gone.push(keys.key(slot).toString('latin1')),
  })
  const bytes = (key: string) => Buffer.from(key, 'latin1')
  return {
    keys,
    gone,
    use: (key: string) => keys.use(bytes(key), 0, key.length),
    find: (key: string) => keys.find(bytes(key), 0, key.length),
    order: () => {
      const order: string[] = []
      for (let slot = keys.oldest(); slot >= 0; slot = keys.newer(slot)) order.push(keys.key(slot).toString('latin1'))
      return order
    },
  }
}

test('a key keeps its slot, and a new one is told by a slot below 0', t => {
  const { keys, use } = table(3)
  t.deepEqual(['a', 'b', '', 'a', 'b', ''].map(use), [~0, ~1, ~2, 0, 1, 2])
  t.is(keys.size, 3)
})

test('the least recently used key leaves, and its slot is used again', t => {
  const { keys, use, gone, order } = table(2)
  for (const key of ['a', 'b', 'a']) use(key)
  t.is(use('c'), ~1)
  t.deepEqual(gone, ['b'])
  t.deepEqual(order(), ['a', 'c'])
  t.is(keys.size, 2)
})

test('finding a key does not count as using it', t => {
  const { use, find, order } = table(2)
  for (const key of ['a', 'b']) use(key)
  t.is(find('a'), 0)
  t.is(find('c'), -1)
  t.deepEqual(order(), ['a', 'b'])
})

test('a slot taken out twice is free once', t => {
  const { keys, use, order } = table(3)
  for (const key of ['a', 'b']) use(key)
  for (const slot of [0, 0, 2, -1, 99]) keys.remove(slot)
  t.is(keys.size, 1)
  t.deepEqual(['c', 'd'].map(use), [~0, ~2])
  t.deepEqual(order(), ['b', 'c', 'd'])
})

test('a key is a range of the bytes, whatever stands around it', t => {
  const { keys } = table(9)
  t.is(keys.use(Buffer.from('xxkeyyy'), 2, 5), ~0)
  t.is(keys.use(Buffer.from('key'), 0, 3), 0)
  t.is(keys.key(0).toString(), 'key')
})

test('keys leave while all of them together would be too long', t => {
  const { use, gone, order } = table(100, 10)
  for (const key of ['aaaa', 'bbbb', 'cc', 'ddd']) use(key)
  t.deepEqual(gone, ['aaaa'])
  use('e'.repeat(50))
  t.deepEqual(order(), ['e'.repeat(50)])
  use('f')
  t.deepEqual(order(), ['f'])
})

test('a table refuses to hold no key', t => {
  t.throws(() => createKeyTable({ max: 0 }), { instanceOf: RangeError })
  t.throws(() => createKeyTable({ max: Number.NaN }), { instanceOf: RangeError })
})

// Few letters and lengths of all sorts: long ones are compared in another way.
const key = fc
  .tuple(fc.nat(30), fc.constantFrom(0, 1, 2, 3, 4, 5, 63, 64, 65, 300))
  .map(([number, length]) => `${number}`.padStart(length, 'é'))
const step = fc.record({ act: fc.constantFrom('use', 'use', 'use', 'find', 'remove'), key })

test('a table does what a Map in order of use does', t => {
  fc.assert(
    fc.property(
      fc.constantFrom(1, 2, 7, 40, 1000),
      fc.constantFrom(undefined, 400),
      fc.array(step, { maxLength: 400, size: 'max' }),
      (max, maxBytes, steps) => {
        const { keys, gone, use, find, order } = table(max, maxBytes)
        const model = new Map<string, number>()
        const left: string[] = []
        const bytes = () => [...model.keys()].reduce((sum, one) => sum + one.length, 0)
        for (const { act, key } of steps) {
          const known = model.get(key)
          if (act === 'use') {
            const slot = use(key)
            t.is(slot < 0, known === undefined)
            if (known !== undefined) t.is(slot, known)
            model.delete(key)
            while (known === undefined && model.size > 0) {
              if (model.size < max && bytes() + key.length <= (maxBytes ?? Number.POSITIVE_INFINITY)) break
              const oldest = [...model.keys()][0]!
              left.push(oldest)
              model.delete(oldest)
            }
            model.set(key, slot < 0 ? ~slot : slot)
          } else {
            t.is(find(key), known ?? -1)
            if (act === 'remove' && known !== undefined) {
              keys.remove(known)
              model.delete(key)
            }
          }
          t.is(keys.size, model.size)
        }
        t.deepEqual(order(), [...model.keys()])
        t.deepEqual(gone, left)
        t.is(new Set(model.values()).size, model.size)
        for (const [one, slot] of model) t.is(find(one), slot)
      },
    ),
    { numRuns: 150 },
  )
})

test('a table that turns over a hundred times stays right', t => {
  const { keys, use, find } = table(500)
  for (let index = 0; index < 50_000; index++) if (use(`key ${index}`) >= 0) t.fail()
  t.is(keys.size, 500)
  for (let index = 49_500; index < 50_000; index++) if (find(`key ${index}`) < 0) t.fail()
  t.is(find('key 49499'), -1)
})

test('a hash depends on every byte, on the length and on the secret', t => {
  const hash = createKeyHash(1, 2)
  for (let length = 1; length < 40; length++) {
    const bytes = Buffer.alloc(length, 7)
    const before = hash(bytes, 0, length)
    t.is(hash(Buffer.concat([Buffer.from('xyz'), bytes]), 3, 3 + length), before)
    t.not(createKeyHash(1, 3)(bytes, 0, length), before)
    t.not(createKeyHash(2, 2)(bytes, 0, length), before)
    t.not(hash(bytes, 0, length - 1), before)
    for (let at = 0; at < length; at++) {
      bytes[at] = 8
      t.not(hash(bytes, 0, length), before)
      bytes[at] = 7
    }
  }
})

test('a hash is that of HalfSipHash-1-3, wherever the key stands', t => {
  const hash = createKeyHash(0x03020100, 0x07060504)
  const bytes = Buffer.from(Array.from({ length: 16 }, (_, index) => index))
  const wanted = [1477757078, -404200246, -1135931856, 22255929, 2114297510, -1998333797, -1610085531, -1657218602]
  t.deepEqual(
    wanted.map((_, length) => hash(bytes, 0, length)),
    wanted,
  )
  const later = [1477757078, -712855474, -1062909788, 263854001, -56861699, 2136692579, 1483413132, -1310915629]
  t.deepEqual(
    later.map((_, length) => hash(bytes, 7, 7 + length)),
    later,
  )
})

test('hashes of neighbouring keys spread over a table', t => {
  const hash = createKeyHash()
  const counts = new Int32Array(1024)
  for (let index = 0; index < 10_240; index++) {
    const key = Buffer.from(`user-${index}`)
    counts[hash(key, 0, key.length) & 1023]!++
  }
  // Ten on average: 35 is beyond one chance in a hundred million.
  t.true(Math.max(...counts) < 35)
})
