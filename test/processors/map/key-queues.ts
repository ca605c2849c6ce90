import test from 'ava'
import { createKeyQueues } from '../../../src/processors/map/key-queues.js'

test('one of each key is in at a time, the others follow in their order', t => {
  const queues = createKeyQueues<number>()
  t.true(queues.enter('a', 1))
  t.false(queues.enter('a', 2))
  t.false(queues.enter('a', 3))
  t.true(queues.enter('b', 4))
  t.is(queues.leave('a'), 2)
  t.is(queues.leave('a'), 3)
  t.is(queues.leave('a'), undefined)
  t.true(queues.enter('a', 5))
  t.false(queues.enter('b', 6))
})

test('a forgotten key is skipped', t => {
  const queues = createKeyQueues<number>()
  for (const item of [1, 2, 3]) queues.enter('a', item)
  queues.forget('a', 2)
  queues.forget('none', 2)
  t.is(queues.leave('a'), 3)
  t.is(queues.leave('a'), undefined)
  t.is(queues.leave('a'), undefined)
})
