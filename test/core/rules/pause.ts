import test from 'ava'
import { createPause } from '../../../src/core/rules/pause.js'

test('without a pause every call may go', t => {
  const pause = createPause()
  t.is(pause.wait(0), 0)
  t.is(pause.send(0), 0)
  t.is(pause.wait(0), 0)
  t.true(pause.isForgotten(0))
})

test('after the pause one goes, the next after a gap that is the pause, halved by each success', t => {
  const pause = createPause()
  pause.refuse(pause.send(0), 0, 1000)
  t.is(pause.wait(400), 600)
  t.is(pause.wait(1000), 0)
  const first = pause.send(1000)
  t.is(pause.wait(1000), 1000)
  pause.succeed(first)
  t.is(pause.wait(1000), 500)
  const second = pause.send(1500)
  pause.succeed(second)
  t.is(pause.wait(1500), 250)
})

test('from the second refusal on the gap grows by a fifth and shrinks by a hundredth', t => {
  const pause = createPause()
  pause.refuse(pause.send(0), 0, 1000)
  pause.succeed(pause.send(1000))
  pause.refuse(pause.send(1500), 1500, 1000)
  t.is(pause.gap, 600)
  pause.succeed(pause.send(2500))
  t.is(pause.gap, 594)
  pause.refuse(pause.send(3100), 3100, 1000)
  t.is(Math.round(pause.gap * 10), 7128)
})

test('a burst that hid how small the gap had become does not make the next one too small', t => {
  const pause = createPause()
  pause.refuse(pause.send(0), 0, 1000)
  const times = [1000]
  for (let at = 1000; times.length < 7; times.push(at)) {
    pause.succeed(pause.send(at))
    at += pause.wait(at)
  }
  const last = times.at(-1) as number
  t.true(pause.gap < 20)
  pause.refuse(pause.send(last), last, 1000)
  t.is(pause.gap, (last - 1000) / 6)
})

test('refusals of calls that were under way are one, and the longest pause counts', t => {
  const pause = createPause()
  const tickets = [pause.send(0), pause.send(0), pause.send(0)]
  pause.refuse(tickets[0] as number, 10, 1000)
  pause.refuse(tickets[1] as number, 20, 3000)
  pause.refuse(tickets[2] as number, 30, 500)
  t.is(pause.until, 3020)
  t.is(pause.gap, 1000)
  // An answer to a call from before says nothing about what is let through now.
  const late = tickets[0] as number
  pause.succeed(late)
  t.is(pause.gap, 1000)
})

test('a refusal without a time: a second, doubled up to a minute, until one succeeds', t => {
  const pause = createPause()
  let now = 0
  const pauses: number[] = []
  for (let count = 0; count < 8; count++) {
    pause.refuse(pause.send(now), now, undefined)
    pauses.push(pause.until - now)
    now = pause.until
  }
  t.deepEqual(pauses, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
  pause.succeed(pause.send(now))
  now += pause.wait(now)
  pause.refuse(pause.send(now), now, undefined)
  t.is(pause.until - now, 1000)
})

test('a pause is never shortened, and never cut', t => {
  const pause = createPause()
  pause.refuse(pause.send(0), 0, 86_400_000)
  pause.hold(0, 1000)
  t.is(pause.wait(0), 86_400_000)
  // What comes after so long a pause does not take as long again.
  t.is(pause.gap, 60_000)
})

test('none left without a refusal: after the pause one goes, and when it succeeds soon all may', t => {
  const pause = createPause()
  pause.hold(0, 60_000)
  t.is(pause.wait(0), 60_000)
  let now = 60_000
  const first = pause.send(now)
  t.is(pause.wait(now), 60_000)
  t.false(pause.isForgotten(now))
  pause.succeed(first)
  t.is(pause.wait(now), 1000)
  for (let count = 0; count < 10; count++) {
    now += pause.wait(now)
    pause.succeed(pause.send(now))
  }
  t.true(now <= 62_000)
  t.is(pause.wait(now), 0)
})

test('none left again after the one that went: the next one goes after the same time', t => {
  const pause = createPause()
  const early = pause.send(0)
  pause.hold(0, 100)
  const first = pause.send(100)
  pause.succeed(first)
  pause.hold(110, 90)
  // An answer to a call from before the pause says nothing about what is let through after it.
  pause.succeed(early)
  t.is(pause.wait(200), 0)
  pause.send(200)
  t.is(pause.wait(200), 90)
})

test('a service whose answers never come is called again all the same', t => {
  const pause = createPause()
  pause.hold(0, 86_400_000)
  pause.send(86_400_000)
  t.is(pause.wait(86_400_000), 60_000)
  t.is(pause.wait(86_460_000), 0)
})

test('a refusal after the gap was forgotten by successes is met with a gap again', t => {
  const pause = createPause()
  pause.refuse(pause.send(0), 0, 1000)
  let now = 1000
  for (let count = 0; count < 20; count++) pause.succeed(pause.send(now))
  t.is(pause.gap, 0)
  now = 5000
  pause.refuse(pause.send(now), now, 1000)
  t.is(pause.gap, 1000)
  pause.succeed(pause.send(6000))
  t.is(pause.gap, 500)
})

test('the gap is forgotten after a minute in which it delayed no call, not before', t => {
  const pause = createPause()
  pause.refuse(pause.send(0), 0, 1000)
  pause.send(1000)
  t.is(pause.wait(1500), 500)
  t.is(pause.wait(2000), 0)
  t.is(pause.wait(61_000), 0)
  t.is(pause.gap, 1000)
  t.is(pause.wait(61_500), 0)
  t.is(pause.gap, 0)
})
