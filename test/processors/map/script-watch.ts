import test from 'ava'
import type { Thread } from '../../../src/calls/script/threads.js'
import { createFakeClock } from '../../../src/core/clock.js'
import { Failure } from '../../../src/core/failure.js'
import { createWatch } from '../../../src/processors/map/script-watch.js'

const start = (timeout: number) => {
  const clock = createFakeClock()
  const seen = { at: 0, ended: 0, looks: 0 }
  const thread = {
    position: () => seen.at,
    async end() {
      seen.ended++
    },
  } as unknown as Thread
  const watch = createWatch({ thread, clock, timeout, progress: () => seen.looks++ })
  return { clock, seen, watch }
}

test('a record that runs longer than the timeout ends its thread, never sooner and at most 50 ms later', async t => {
  const { clock, seen, watch } = start(30_000)
  await clock.advance(29_999)
  t.is(seen.ended, 0)
  await clock.advance(51)
  t.is(seen.ended, 1)
  t.like(watch.reason(), { kind: 'timeout', failureClass: 'transient', message: 'No answer within 30s' })
  await clock.advance(60_000)
  t.is(seen.ended, 1)
})

test('a short timeout is looked at twenty times, at most every millisecond', async t => {
  const { clock, seen } = start(100)
  await clock.advance(99)
  t.is(seen.ended, 0)
  t.is(seen.looks, 19)
  await clock.advance(6)
  t.is(seen.ended, 1)
  const tiny = start(4)
  await tiny.clock.advance(3)
  t.is(tiny.seen.looks, 3)
  await tiny.clock.advance(1)
  t.is(tiny.seen.ended, 1)
})

test('each record has its own time', async t => {
  const { clock, seen } = start(1000)
  for (let at = 1; at <= 5; at++) {
    await clock.advance(900)
    seen.at = at
  }
  t.is(seen.ended, 0)
  await clock.advance(1100)
  t.is(seen.ended, 1)
})

test('without a timeout it only looks, until it is stopped', async t => {
  const { clock, seen, watch } = start(0)
  await clock.advance(86_400)
  t.is(seen.ended, 0)
  t.is(seen.looks, 86_400 / 50)
  watch.stop()
  await clock.advance(1000)
  t.is(seen.looks, 86_400 / 50)
  t.is(watch.reason(), undefined)
})

test('the first reason to end it counts, and nothing is looked at any more', async t => {
  const { clock, seen, watch } = start(1000)
  const killed = new Failure('cancelled', 'transient', 'Over')
  watch.end(killed)
  watch.end(new Failure('cancelled', 'transient', 'Again'))
  await clock.advance(5000)
  t.is(watch.reason(), killed)
  t.is(seen.looks, 0)
})
