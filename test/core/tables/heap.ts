import test from 'ava'
import { Heap } from '../../../src/core/tables/heap.js'
import fc from '../../helpers/fast-check.js'

test('a heap gives back the smallest rank first, among equals the smallest order', t => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 9 })), { maxLength: 100 }), steps => {
      const heap = new Heap()
      const model: { rank: number; order: number }[] = []
      for (const [order, rank] of steps.entries()) {
        if (rank !== null) {
          heap.add(rank, order, 2 * order)
          model.push({ rank, order })
          model.sort((a, b) => a.rank - b.rank || a.order - b.order)
        } else if (model.length > 0) {
          const { rank: least, order: first } = model.shift() as (typeof model)[number]
          t.deepEqual([heap.rank, heap.order, heap.item], [least, first, 2 * first])
          heap.remove()
        }
        t.is(heap.size, model.length)
      }
      t.is(heap.rank, model[0]?.rank ?? Number.POSITIVE_INFINITY)
    }),
  )
})
