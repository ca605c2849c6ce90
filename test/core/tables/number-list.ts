import test from 'ava'
import { createNumberList } from '../../../src/core/tables/number-list.js'

test('a number comes back from its place, 0 from all others', t => {
  const list = createNumberList()
  t.is(list.at(0), 0)
  for (const place of [3, 0, 64, 100_000]) list.set(place, 2 ** 32 - 1 - place)
  for (const place of [3, 0, 64, 100_000]) t.is(list.at(place), 2 ** 32 - 1 - place)
  for (const place of [1, 63, 65, 99_999, 100_001, 10 ** 9]) t.is(list.at(place), 0)
  list.set(3, 0)
  t.is(list.at(3), 0)
})

test('a 0 needs no memory', t => {
  const list = createNumberList()
  t.notThrows(() => list.set(2 ** 40, 0))
  t.is(list.at(2 ** 40), 0)
})
