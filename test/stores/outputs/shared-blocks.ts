import test from 'ava'
import { createSharedBlocks } from '../../../src/stores/outputs/shared-blocks.js'

const takeAll = (blocks: ReturnType<typeof createSharedBlocks>): Buffer[] => {
  const taken: Buffer[] = []
  for (let block = blocks.take(); block !== undefined; block = blocks.take()) taken.push(block)
  return taken
}

test('blocks share the memory, none overlaps another', t => {
  const blocks = createSharedBlocks(16_384, 512, 2 ** 21)
  const taken = takeAll(blocks)
  t.is(taken.length, 128)
  for (const [index, block] of taken.entries()) block.fill(index)
  t.true(taken.every((block, index) => block.length === 16_384 && block.every(byte => byte === index)))
})

test('divided, there are twice as many in the same memory, until they are the smallest', t => {
  const blocks = createSharedBlocks(2048, 512, 2 ** 21)
  const memory = new Set(takeAll(blocks).map(block => block.buffer))
  for (const [size, count] of [
    [1024, 2048],
    [512, 4096],
    [512, 4096],
  ] as const) {
    blocks.divide()
    const taken = takeAll(blocks)
    t.deepEqual([blocks.size, taken.length], [size, count])
    t.true(taken.every(block => memory.has(block.buffer)))
  }
})
