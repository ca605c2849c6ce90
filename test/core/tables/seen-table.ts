import test from 'ava'
import { SeenTable } from '../../../src/core/tables/seen-table.js'
import fc from '../../helpers/fast-check.js'

const add = (table: SeenTable, key: string | number, now = 0): boolean => {
  const bytes = Buffer.from(String(key))
  table.hash.hash(bytes, 0, bytes.length)
  const { a, b, c, d } = table.hash
  return table.addWords(a, b, c, d, now)
}

test('a table does what a Map would, with a limit and a time to live', t => {
  const key = fc.oneof(fc.nat(10), fc.nat(4000))
  const steps = fc.array(fc.tuple(key, fc.nat(3)), { maxLength: 3000 })
  const ttl = fc.option(fc.integer({ min: 1, max: 300 }), { nil: undefined })
  fc.assert(
    fc.property(
      steps,
      fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constant(1500), fc.constant(5000)),
      ttl,
      (all, max, life) => {
        const table = new SeenTable({ max, ttl: life })
        const model = new Map<number, number>()
        let now = 0
        let forgotten = 0
        for (const [one, gap] of all) {
          now += gap
          table.expire(now)
          for (const [known, since] of model) if (life !== undefined && since + life <= now) model.delete(known)
          const isNew = !model.has(one)
          if (isNew) {
            if (model.size === max) {
              model.delete([...model.keys()][0] as number)
              forgotten++
            }
            model.set(one, now)
          }
          if (add(table, one, now) !== isNew || table.size !== model.size) t.fail(`${one} at ${now}`)
        }
        t.is(table.forgotten, forgotten)
        const times: number[] = []
        table.each((_a, _b, _c, _d, time) => times.push(time))
        t.deepEqual(times, life === undefined ? times.map(() => 0) : [...model.values()])
      },
    ),
  )
})

test('a key whose time is over is new, also when one that came before it is not', t => {
  const table = new SeenTable({ max: 5000, ttl: 100 })
  // The clock was ahead, and was set back.
  add(table, 'ahead', 10_000)
  t.true(add(table, 'x', 0))
  t.false(add(table, 'x', 99))
  t.true(add(table, 'x', 100))
  t.false(add(table, 'x', 199))
  t.is(table.size, 3)
  // Also after the table has grown and what came first has left.
  for (let key = 0; key < 3000; key++) add(table, key, 150)
  t.false(add(table, 'x', 199))
  t.true(add(table, 'x', 200))
  table.expire(10_100)
  t.is(table.size, 0)
  t.true(add(table, 'ahead', 10_100))
})

test('the last ones can be left out', t => {
  const table = new SeenTable({ max: 10 })
  for (const key of ['a', 'b', 'c']) add(table, key)
  let count = 0
  table.each(() => count++, 2)
  t.is(count, 1)
})
