import test from 'ava'
import { createFakeClock } from '../../../src/core/clock.js'
import { createServerClock } from '../../../src/stores/servers/server-clock.js'

const own = Date.UTC(2026, 0, 1)

test('before the server has said a time it is the own one', t => {
  const server = createServerClock(createFakeClock())
  t.is(server.wall(), own)
  server.observe(Number.NEGATIVE_INFINITY, 0, own - 86_400_000)
  t.is(server.wall(), own, 'an old entry says nothing')
})

test('the first answer counts as given half way, later ones move the time only as far as they must', async t => {
  const clock = createFakeClock()
  const server = createServerClock(clock)
  server.observe(0, 100, 3_000_050)
  t.is(server.wall(), 3_000_000)
  await clock.advance(1000)
  t.is(server.wall(), 3_001_000)
  server.observe(900, 1100, 3_001_050)
  t.is(server.wall(), 3_001_000, 'it agrees')
  server.observe(990, 1010, 3_001_030)
  t.is(server.wall(), 3_001_020, 'it is at least so far')
  server.observe(990, 1010, 3_000_900)
  t.is(server.wall(), 3_000_911, 'it is at most so far, and part of a millisecond')
  server.observe(Number.NEGATIVE_INFINITY, 1000, 3_001_500)
  t.is(server.wall(), 3_001_500, 'it cannot be before what it wrote')
  server.observe(Number.NEGATIVE_INFINITY, 1000, 2_000_000)
  t.is(server.wall(), 3_001_500)
})

test('it is not moved by setting the own clock', async t => {
  const clock = createFakeClock()
  const server = createServerClock(clock)
  server.observe(0, 0, 5000)
  clock.step(-3000)
  await clock.advance(10)
  t.is(server.wall(), 5010)
})
