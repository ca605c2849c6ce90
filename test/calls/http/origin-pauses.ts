import test from 'ava'
import { Refused } from '../../../src/calls/attempts/refused.js'
import { createOriginPauses } from '../../../src/calls/http/origin-pauses.js'
import { createFakeClock } from '../../../src/core/clock.js'
import { Failure } from '../../../src/core/failure.js'

const never = new AbortController().signal
const context = { killing: never }

test('an origin is left alone as long as it asked, others are not', async t => {
  const clock = createFakeClock()
  const pauses = createOriginPauses(clock)
  t.false(pauses.some)
  pauses.pause('http://a', 1000)
  t.is(pauses.wait('http://b', context, never), undefined)
  let over = 0
  for (let index = 0; index < 3; index++) void pauses.wait('http://a', context, never)?.then(() => over++)
  await clock.advance(999)
  t.is(over, 0)
  await clock.advance(1)
  t.is(over, 3)
  t.is(pauses.wait('http://a', context, never), undefined)
  t.false(pauses.some)
})

test('a pause may be prolonged while it lasts, not shortened', async t => {
  const clock = createFakeClock()
  const pauses = createOriginPauses(clock)
  pauses.pause('http://a', 1000)
  let over = false
  void pauses.wait('http://a', context, never)?.then(() => {
    over = true
  })
  await clock.advance(500)
  pauses.pause('http://a', 10)
  await clock.advance(400)
  pauses.pause('http://a', 1000)
  await clock.advance(999)
  t.false(over)
  await clock.advance(1)
  t.true(over)
})

/** A slot that is given out when the test says so. */
const createSlot = () => {
  const log: string[] = []
  const asked: (() => void)[] = []
  const slot = {
    release: () => void log.push('release'),
    acquire: (signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        log.push('acquire')
        asked.push(resolve)
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
  }
  return { log, slot, grant: () => asked.shift()?.() }
}

test('it waits without its slot, and again when the origin was paused anew before it had one', async t => {
  const clock = createFakeClock()
  const pauses = createOriginPauses(clock)
  const { log, slot, grant } = createSlot()
  pauses.pause('http://a', 1000)
  let over = false
  void pauses.wait('http://a', { killing: never, slot }, never)?.then(() => {
    over = true
  })
  await clock.advance(999)
  t.deepEqual(log, ['release'])
  await clock.advance(1)
  t.deepEqual(log, ['release', 'acquire'])
  pauses.pause('http://a', 500)
  grant()
  await clock.advance(500)
  t.deepEqual(log, ['release', 'acquire', 'release', 'acquire'])
  t.false(over)
  grant()
  await clock.advance(0)
  t.true(over)
  t.deepEqual(log, ['release', 'acquire', 'release', 'acquire'])
  t.is(clock.waiting, 0)
})

test('waiting ends at once when the run is cut, and counts as no attempt', async t => {
  const clock = createFakeClock()
  const pauses = createOriginPauses(clock)
  pauses.pause('http://a', 1000)
  const cut = new AbortController()
  const reason = new Failure('cancelled', 'transient', 'Cut')
  const waiting = t.throwsAsync(async () => pauses.wait('http://a', context, cut.signal), { instanceOf: Refused })
  await clock.advance(10)
  cut.abort(reason)
  t.like(await waiting, { failure: reason })
  t.is(clock.waiting, 0)
  const late = t.throwsAsync(async () => pauses.wait('http://a', { killing: AbortSignal.abort() }, never))
  t.like(await late, { failure: { kind: 'cancelled', failureClass: 'transient' } })
  t.is(clock.waiting, 0)
})

test('who waits for a slot after the pause is cut too', async t => {
  const clock = createFakeClock()
  const pauses = createOriginPauses(clock)
  const { log, slot } = createSlot()
  pauses.pause('http://a', 1000)
  const cut = new AbortController()
  const reason = new Failure('deadline', 'transient', 'Late')
  const waiting = t.throwsAsync(async () => pauses.wait('http://a', { killing: cut.signal, slot }, never))
  await clock.advance(1000)
  cut.abort(reason)
  t.like(await waiting, { failure: reason })
  t.deepEqual(log, ['release', 'acquire'])
})
