import test from 'ava'
import { admit } from '../../../src/core/breaker/breaker.js'
import { call, create, fail, openNow, start, stateOf, takeProbe } from '../../helpers/breaker-rules.js'

test('clock set back 1h: an open circuit is probed after one pause, not after an hour', t => {
  const breaker = openNow()
  const back = start - 3_600_000
  const admission = admit(breaker, back)
  t.like(admission, { kind: 'wait', until: back + 30_000, effects: [{ type: 'clock' }] })
  t.like(admit(breaker, back + 10_000), { kind: 'wait', until: back + 30_000, effects: [] })
  takeProbe(breaker, back + 30_000)
})

test('clock set back 1h: a lease ends after its length', t => {
  const breaker = openNow()
  takeProbe(breaker, start + 30_000)
  const back = start - 3_600_000
  t.like(admit(breaker, back), { kind: 'wait', until: back + 35_000, effects: [{ type: 'clock' }] })
  t.like(admit(breaker, back + 35_000), { kind: 'wait', until: back + 65_000 })
})

test('clock set back 1h: failures of then do not count for an hour', t => {
  for (const window of [
    { count: 100, time: 60_000 },
    { count: undefined, time: 60_000 },
  ]) {
    const breaker = create({ window, consecutive: undefined })
    fail(breaker, 9)
    const back = start - 3_600_000
    fail(breaker, 1, back)
    t.is(stateOf(breaker), 'closed')
    fail(breaker, 9, back + 1)
    t.is(stateOf(breaker), 'open')
  }
})

test('a clock that wavers by milliseconds loses nothing', t => {
  const breaker = create()
  for (let count = 0; count < 9; count++) call(breaker, start - count, 'failure')
  t.is(breaker.window.calls, 9)
  fail(breaker, 1, start - 100)
  t.is(stateOf(breaker), 'open')
})
