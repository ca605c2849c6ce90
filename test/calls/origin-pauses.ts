import test from 'ava'
import { createOriginPauses } from '../../src/calls/origin-pauses.js'
import { createFakeClock } from '../../src/core/clock.js'
import { Failure } from '../../src/core/failure.js'

const never = new AbortController().signal

test('an origin is left alone as long as it asked, others are not', async t => {
  const clock = createFakeClock()
  const pauses = createOriginPauses(clock)
  t.false(pauses.some)
  pauses.pause('http://a', 1000)
  t.is(pauses.wait('http://b', [never]), undefined)
  let over = 0
  for (let index = 0; index < 3; index++) void pauses.wait('http://a', [never])?.then(() => over++)
  await clock.advance(999)
  t.is(over, 0)
  await clock.advance(1)
  t.is(over, 3)
  t.is(pauses.wait('http://a', [never]), undefined)
  t.false(pauses.some)
})

test('a pause may be prolonged while it lasts, not shortened', async t => {
  const clock = createFakeClock()
  const pauses = createOriginPauses(clock)
  pauses.pause('http://a', 1000)
  let over = false
  void pauses.wait('http://a', [never])?.then(() => {
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

test('waiting ends at once when the run is cut', async t => {
  const clock = createFakeClock()
  const pauses = createOriginPauses(clock)
  pauses.pause('http://a', 1000)
  const cut = new AbortController()
  const reason = new Failure('cancelled', 'transient', 'Cut')
  const waiting = t.throwsAsync(async () => pauses.wait('http://a', [never, cut.signal]))
  await clock.advance(10)
  cut.abort(reason)
  t.is(await waiting, reason)
  t.is(clock.waiting, 0)
  const late = await t.throwsAsync(async () => pauses.wait('http://a', [AbortSignal.abort()]))
  t.like(late, { kind: 'cancelled', failureClass: 'transient' })
  t.is(clock.waiting, 0)
})
