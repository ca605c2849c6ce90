import test from 'ava'
import { createRandom } from '../../../src/core/rules/random.js'

test('the same seed gives the same numbers, another seed others', t => {
  const draw = (seed: number) => {
    const random = createRandom(seed)
    return Array.from({ length: 5 }, random)
  }
  t.deepEqual(draw(7), draw(7))
  const seeds = [0, 1, 7, 2 ** 32, 2 ** 32 + 7, 2 ** 53 - 1]
  t.is(new Set(seeds.flatMap(draw)).size, 5 * seeds.length)
})

test('numbers are spread evenly from 0 to 1, and one does not tell the next', t => {
  const random = createRandom(1)
  const cells = new Int32Array(100)
  const count = 100_000
  let last = random()
  for (let drawn = 0; drawn < count; drawn++) {
    const number = random()
    t.true(number >= 0 && number < 1)
    const cell = Math.floor(last * 10) * 10 + Math.floor(number * 10)
    cells[cell] = (cells[cell] as number) + 1
    last = number
  }
  // 1,000 in each cell; the deviation is about 32.
  for (const found of cells) t.true(Math.abs(found - count / 100) < 6 * 32, String(found))
})
