import test from 'ava'
import { createFakeClock } from '../../src/core/clock.js'
import { runningTimeOf } from '../../src/core/running-time.js'

/** After how many milliseconds of the clock a timer fires, when the program stands still for so long at a moment. */
const firesAfter = async (ms: number, stopAt: number, standstill: number): Promise<number> => {
  const clock = createFakeClock()
  let fired = -1
  runningTimeOf(clock).after(ms, () => {
    fired = clock.now()
  })
  await clock.advance(stopAt)
  clock.freeze(standstill)
  for (let step = 0; step < 2000 && fired === -1; step++) await clock.advance(5)
  return fired
}

test('a standstill takes nothing from a time, but for a quarter of a second', async t => {
  for (const [ms, stopAt] of [
    [2000, 500],
    [2000, 1999],
    [300, 50],
    [100, 50],
    [30_000, 29_000],
  ] as const)
    for (const standstill of [600, 4000, 3_600_000]) {
      const fired = await firesAfter(ms, stopAt, standstill)
      const left = ms - stopAt
      t.true(fired - stopAt - standstill >= Math.max(Math.min(left, 100), left - 255), `${ms} ${stopAt}: ${fired}`)
      t.true(fired <= ms + standstill + 105, `${ms} ${stopAt} ${standstill}: ${fired}`)
    }
})

test('without a standstill a time is exact, and a small lateness is none', async t => {
  t.is(await firesAfter(2000, 500, 0), 2000)
  t.true((await firesAfter(2000, 1900, 200)) <= 2105)
})

test('no timer runs when nothing waits', async t => {
  const clock = createFakeClock()
  const time = runningTimeOf(clock)
  t.is(runningTimeOf(clock), time)
  const cancels = [1000, 2000].map(ms => time.after(ms, () => {}))
  for (const cancel of cancels) cancel()
  t.is(clock.waiting, 0)
  time.after(1000, () => {})
  await clock.advance(1000)
  t.is(clock.waiting, 0)
})

test('by a steady clock nobody looks for standstills: hours pass in one step', async t => {
  const clock = createFakeClock(undefined, { isSteady: true })
  let fired = 0
  runningTimeOf(clock).after(10 * 3_600_000, () => {
    fired = clock.now()
  })
  t.is(clock.waiting, 1)
  t.is(clock.next, 36_000_000)
  await clock.advance(36_000_000)
  t.is(fired, 36_000_000)
})
