import test from 'ava'
import { Queue, type QueueEntry } from '../../src/core/queue.js'
import fc from '../helpers/fast-check.js'

test('a queue does what a Set in order of coming does', t => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('add' as const), at: fc.nat(50) }),
    fc.record({ do: fc.constant('delete' as const), at: fc.nat(50) }),
    fc.record({ do: fc.constant('shift' as const), at: fc.nat(50) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), steps => {
      const queue = new Queue<{ number: number }>()
      const model = new Set<{ number: number }>()
      const places: [QueueEntry<{ number: number }>, { number: number }][] = []
      steps.forEach((step, number) => {
        if (step.do === 'add') {
          const value = { number }
          model.add(value)
          places.push([queue.add(value), value])
        } else if (step.do === 'shift') {
          const [first] = model
          if (first !== undefined) model.delete(first)
          t.is(queue.shift(), first)
        } else {
          const [place, value] = places[step.at % Math.max(1, places.length)] ?? []
          if (place !== undefined && value !== undefined) t.is(queue.delete(place), model.delete(value))
        }
        t.is(queue.size, model.size)
        t.is(queue.first, [...model][0])
        t.deepEqual(queue.values(), [...model])
      })
    }),
  )
})

test('a place that has left holds on to nothing', t => {
  const queue = new Queue<number>()
  const [first, second, third] = [queue.add(1), queue.add(2), queue.add(3)]
  queue.delete(second)
  t.deepEqual(second, { value: undefined, previous: undefined, next: undefined })
  t.is(first.next, third)
  t.is(third.previous, first)
})
