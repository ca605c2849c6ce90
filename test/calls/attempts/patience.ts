import test from 'ava'
import { createPatience, type HoldUp } from '../../../src/calls/attempts/patience.js'
import { createFakeClock } from '../../../src/core/clock.js'
import type { Stop } from '../../../src/core/processor.js'

const start = (maxPause = 0) => {
  const clock = createFakeClock()
  const told: string[] = []
  const stops: (Stop | undefined)[] = []
  const patience = createPatience({
    maxPause,
    clock,
    stop: reason => stops.push(reason),
    onHeld: (until, by) => told.push(`${by.tell().what} until ${until}`),
    onFree: () => told.push('free'),
  })
  const by = (what: string, until?: number): HoldUp => ({
    until: () => until,
    describe: () => `Waits for ${what}`,
    due: () => until,
    tell: () => ({ what }),
  })
  return { clock, told, stops, patience, by }
}

test('it is told what is over first once every record is held up, and when one is not', t => {
  const { told, patience, by } = start()
  patience.begin()
  const end = patience.begin()
  const leave = patience.hold(by('a', 900))
  t.deepEqual(told, [])
  const leaveOther = patience.hold(by('b', 500))
  t.deepEqual(told, ['b until 500'])
  leaveOther()
  t.deepEqual(told, ['b until 500', 'free'])
  end()
  t.deepEqual(told.slice(2), ['a until 900'])
  leave()
  t.deepEqual(told.slice(3), ['free'])
})

test('what nobody knows the end of comes last', t => {
  const { told, patience, by } = start()
  patience.begin()
  patience.begin()
  patience.hold(by('a breaker'))
  patience.hold(by('a service', 500))
  t.deepEqual(told, ['a service until 500'])
})

test('the run ends for what is over first when nothing has succeeded for too long', async t => {
  const { clock, stops, patience, by } = start(1000)
  patience.begin()
  patience.begin()
  patience.hold(by('a', 900))
  patience.hold(by('b', 800))
  await clock.advance(999)
  t.deepEqual(stops, [])
  await clock.advance(1)
  t.deepEqual(stops, [{ exit: 75, message: 'Waits for b' }])
  t.is(clock.waiting, 0)
})

test('a success begins the time anew; without a limit it has no end', async t => {
  const { clock, stops, patience, by } = start(1000)
  patience.begin()
  patience.begin()
  patience.hold(by('a'))
  await clock.advance(900)
  patience.succeed()
  await clock.advance(999)
  t.deepEqual(stops, [])
  await clock.advance(1)
  t.is(stops.length, 1)
  const endless = start(0)
  endless.patience.begin()
  endless.patience.hold(endless.by('a'))
  await endless.clock.advance(1e9)
  t.deepEqual(endless.stops, [])
})

test('all of it beyond the limit: the run ends at once', t => {
  const { stops, patience, by } = start(1000)
  patience.begin()
  patience.begin()
  patience.hold(by('a', 5000))
  t.deepEqual(stops, [])
  patience.hold(by('b', 1001))
  t.deepEqual(stops, [{ exit: 75, message: 'Waits for b' }])
})
