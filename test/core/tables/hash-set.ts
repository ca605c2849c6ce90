import test from 'ava'
import { createHashSet } from '../../../src/core/tables/hash-set.js'

test('a hash set knows what was added, through growth, and takes no more than its bound', t => {
  const set = createHashSet({ max: 50_000 })
  const add = (key: string) => set.add(Buffer.from(`_${key}_`), 1, key.length + 1)
  for (let n = 0; n < 50_000; n++) if (add(`key-${n}`) !== 'added') t.fail(`${n} is not new`)
  for (let n = 0; n < 50_000; n++) if (add(`key-${n}`) !== 'known') t.fail(`${n} is not known`)
  t.is(add('another'), 'full')
  t.is(add('key-7'), 'known')
  t.is(set.size, 50_000)
})
