import test from 'ava'
import { createSilence } from '../../src/calls/silence.js'
import { createFakeClock } from '../../src/core/clock.js'

const start = (later = 40) => {
  const clock = createFakeClock()
  const told: string[] = []
  const silence = createSilence({
    clock,
    first: 30,
    later,
    onQuiet: (ms, { running, haveAnswered }) =>
      told.push(`${clock.now()}: ${running} for ${ms}${haveAnswered ? ' again' : ''}`),
    onAnswer: () => told.push(`${clock.now()}: answered`),
  })
  const begin = (count?: number) => silence.begin(clock.now(), count)
  const end = (isAnswered = true, count?: number) => silence.end(clock.now(), isAnswered, count)
  return { clock, told, silence, begin, end }
}

test('calls that nobody answers are noticed once, after the first time', async t => {
  const { clock, told, begin } = start()
  begin()
  await clock.advance(10)
  begin(3)
  await clock.advance(19)
  t.deepEqual(told, [])
  await clock.advance(1)
  t.deepEqual(told, ['30: 4 for 30'])
  await clock.advance(1000)
  t.deepEqual(told, ['30: 4 for 30'])
  t.is(clock.waiting, 0)
})

test('an answer ends it, and begins the later time', async t => {
  const { clock, told, begin, end } = start()
  begin(2)
  await clock.advance(35)
  end()
  t.deepEqual(told, ['30: 2 for 30', '35: answered'])
  await clock.advance(39)
  t.is(told.length, 2)
  await clock.advance(1)
  t.deepEqual(told.slice(2), ['75: 1 for 40 again'])
  end()
  t.deepEqual(told.slice(3), ['75: answered'])
})

test('answers now and then are no silence, however long each takes to come', async t => {
  const { clock, told, begin, end } = start()
  begin(4)
  for (let count = 0; count < 20; count++) {
    await clock.advance(29)
    end()
    begin()
  }
  t.deepEqual(told, [])
})

test('time in which nothing is called does not count', async t => {
  const { clock, told, begin, end } = start()
  begin()
  await clock.advance(20)
  end()
  await clock.advance(500)
  begin()
  await clock.advance(39)
  t.deepEqual(told, [])
  await clock.advance(1)
  t.deepEqual(told, ['560: 1 for 40 again'])
})

test('a call that is given up and made again is the same silence, also after a short rest', async t => {
  const { clock, told, begin, end } = start()
  begin()
  await clock.advance(20)
  end(false)
  await clock.advance(5)
  begin()
  await clock.advance(5)
  t.deepEqual(told, ['30: 1 for 30'])
})

test('a call that was given up long ago is not', async t => {
  const { clock, told, begin, end } = start()
  begin()
  await clock.advance(20)
  end(false)
  await clock.advance(30)
  begin()
  await clock.advance(29)
  t.deepEqual(told, [])
  await clock.advance(1)
  t.deepEqual(told, ['80: 1 for 30'])
})

test('at the end no timer is left, and nothing is told', async t => {
  const { clock, told, silence, begin } = start()
  begin()
  silence.close()
  t.is(clock.waiting, 0)
  await clock.advance(100)
  t.deepEqual(told, [])
})
