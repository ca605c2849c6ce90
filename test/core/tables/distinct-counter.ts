import test from 'ava'
import { DistinctCounter } from '../../../src/core/tables/distinct-counter.js'
import { WideHash } from '../../../src/core/tables/wide-hash.js'

const hash = new WideHash(Int32Array.of(1, 2, 3, 4))

const add = (counter: DistinctCounter, from: number, until: number): DistinctCounter => {
  for (let n = from; n < until; n++) {
    const bytes = Buffer.from(String(n))
    hash.hash(bytes, 0, bytes.length)
    counter.add(hash.a, hash.b)
  }
  return counter
}

test('up to 1,000 the count is exact, also of what comes again', t => {
  for (const count of [0, 1, 7, 8, 9, 500, 1000]) {
    const counter = add(add(new DistinctCounter(), 0, count), 0, count)
    t.is(counter.count(), count)
  }
  const counter = new DistinctCounter()
  counter.add(0, 0)
  counter.add(0, 0)
  counter.add(0, 1)
  t.is(counter.count(), 2)
})

for (const count of [1001, 3000, 10_000, 20_000, 300_000]) {
  test(`of ${count} the estimate is within 5 %, three times its standard error`, t => {
    const found = add(new DistinctCounter(), 0, count).count()
    t.true(Math.abs(found - count) < 0.05 * count, `${found}`)
  })
}

for (const [one, other, both] of [
  [400, 300, 600],
  [900, 900, 1500],
  [5000, 100, 5000],
  [100, 5000, 5050],
  [5000, 5000, 9000],
] as const) {
  test(`${one} and ${other} merged are what counting all ${both} gives`, t => {
    const merged = add(new DistinctCounter(), 0, one)
    merged.merge(add(new DistinctCounter(), both - other, both))
    t.is(merged.count(), add(new DistinctCounter(), 0, both).count())
  })
}
