import test from 'ava'
import { createDeadlines } from '../../../src/calls/attempts/deadlines.js'
import { createFakeClock } from '../../../src/core/clock.js'

test('each deadline is kept, with one timer for all', async t => {
  const clock = createFakeClock()
  const start = createDeadlines(100, clock)
  const due: string[] = []
  start(() => due.push('a'))
  await clock.advance(30)
  const cancel = start(() => due.push('b'))
  await clock.advance(30)
  start(() => due.push('c'))
  t.is(clock.waiting, 1)
  cancel()
  await clock.advance(39)
  t.deepEqual(due, [])
  await clock.advance(1)
  t.deepEqual(due, ['a'])
  await clock.advance(59)
  t.deepEqual(due, ['a'])
  await clock.advance(1)
  t.deepEqual(due, ['a', 'c'])
  t.is(clock.waiting, 0)
})

test('when the last deadline is cancelled no timer is left, and the next deadline starts a new one', async t => {
  const clock = createFakeClock()
  const start = createDeadlines(100, clock)
  let due = 0
  const first = start(() => due++)
  const second = start(() => due++)
  first()
  t.is(clock.waiting, 1)
  second()
  second()
  t.is(clock.waiting, 0)
  await clock.advance(500)
  start(() => due++)
  await clock.advance(99)
  t.is(due, 0)
  await clock.advance(1)
  t.is(due, 1)
})

test('a deadline that is begun when another one is due is kept too', async t => {
  const clock = createFakeClock()
  const start = createDeadlines(100, clock)
  const due: number[] = []
  start(() => {
    due.push(clock.now())
    start(() => due.push(clock.now()))
  })
  await clock.advance(200)
  t.deepEqual(due, [100, 200])
  t.is(clock.waiting, 0)
})
