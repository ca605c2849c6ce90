import test from 'ava'
import { createCallLimit, createGcra, createLimit, idle, slack } from '../../../src/core/rules/gcra.js'
import { nothingReserved, reserve } from '../../../src/core/rules/reservation.js'
import fc from '../../helpers/fast-check.js'

type Passed = { readonly at: number; readonly cost: number }

/** The most that any window holds above what its length earns. */
const worstExcess = (passed: readonly Passed[], interval: number): number => {
  let worst = 0
  for (let from = 0; from < passed.length; from++) {
    let sum = 0
    for (let to = from; to < passed.length; to++) {
      sum += passed[to]!.cost
      worst = Math.max(worst, sum - (passed[to]!.at - passed[from]!.at + slack) / interval)
    }
  }
  return worst
}

const limits = fc.record({
  count: fc.oneof(fc.integer({ min: 1, max: 2000 }), fc.double({ min: 0.01, max: 5, noNaN: true })),
  per: fc.constantFrom(100, 1000, 60_000),
  burst: fc.integer({ min: 1, max: 50 }),
})
// Gaps in tenths of the interval, so that arrivals lie about where the limit bites.
const arrivals = (cost: fc.Arbitrary<number>) =>
  fc.array(fc.record({ gap: fc.oneof(fc.constant(0), fc.nat(30)), cost, late: fc.nat(12) }), { maxLength: 150 })

const neverAbove = (cost: fc.Arbitrary<number>, patient: boolean) => () =>
  fc.assert(
    fc.property(limits, arrivals(cost), ({ count, per, burst }, sources) => {
      const interval = per / count
      const gcra = createGcra(createLimit(count, per, burst))
      const passed: Passed[] = []
      let now = 0
      for (const source of sources) {
        now += (source.gap * interval) / 10
        let wait = gcra.take(now, source.cost)
        if (wait > 0 && patient) {
          now += wait + source.late
          wait = gcra.take(now, source.cost)
          if (wait > 0) return false
        }
        if (wait === 0) passed.push({ at: now, cost: source.cost })
      }
      const largest = passed.reduce((most, one) => Math.max(most, one.cost), burst)
      // Times are compared to the microsecond.
      return worstExcess(passed, interval) <= largest + 0.002 / interval + 1e-6
    }),
    { numRuns: 300 },
  )

const unit = fc.constant(1)
const weights = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.double({ min: 0, max: 200, noNaN: true }))
for (const [name, cost, patient] of [
  ['records that are dropped', unit, false],
  ['records that wait', unit, true],
  ['weights that are dropped', weights, false],
  ['weights that wait', weights, true],
] as const) {
  test(`no window holds more than the burst and what its length earns: ${name}`, t => {
    t.notThrows(neverAbove(cost, patient))
  })
}

const saturate = test.macro({
  title: (_, count: number, burst: number, cost: number, late: number) =>
    `a source that always has records of ${cost} gets ${count}/s within 1%, burst ${burst}, timers up to ${late} ms late`,
  exec(t, count: number, burst: number, cost: number, late: number) {
    const gcra = createGcra(createLimit(count, 1000, burst))
    const interval = 1000 / count
    const end = 1000 * Math.max(interval * cost, 100)
    let now = 0
    let passed = 0
    let turn = 0
    while (now < end) {
      const wait = gcra.take(now, cost)
      if (wait === 0) passed += cost
      else now += wait + (turn++ % (late + 1))
    }
    const earned = now / interval
    t.true(passed >= earned * 0.99, `${passed} of ${earned}`)
    t.true(passed <= earned * 1.01 + Math.max(burst, cost), `${passed} of ${earned}`)
  },
})
test(saturate, 10, 1, 1, 0)
test(saturate, 10, 1, 1, 9)
test(saturate, 1000, 1, 1, 1)
test(saturate, 777, 20, 1, 5)
test(saturate, 0.5, 1, 1, 9)
test(saturate, 50_000, 1, 1, 3)
test(saturate, 100, 1, 7, 9)
test(saturate, 100, 5, 2, 9)
test(saturate, 1000, 1, 11, 9)
test(saturate, 1_000_000, 1, 118, 3)

test('a limit without a burst spaces records by its interval', t => {
  const gcra = createGcra(createLimit(10, 1000))
  t.is(gcra.take(0), 0)
  t.is(gcra.take(0), 90)
  t.is(gcra.take(89), 1)
  t.is(gcra.take(90), 0)
  t.is(gcra.take(100), 90)
})

test('a burst is whole at any time of day', t => {
  fc.assert(
    fc.property(limits, fc.double({ min: 0, max: 1e9, noNaN: true }), ({ count, per, burst }, now) => {
      const gcra = createGcra(createLimit(count, per, burst))
      for (let index = 0; index < burst; index++) if (gcra.take(now) > 0) return false
      return true
    }),
  )
  t.pass()
})

test('a burst passes at once, then one per interval', t => {
  const gcra = createGcra(createLimit(10, 1000, 5))
  t.deepEqual(
    Array.from({ length: 6 }, () => gcra.take(7)),
    [0, 0, 0, 0, 0, 100],
  )
})

test('a cost above the burst passes at once and is earned afterwards', t => {
  const gcra = createGcra(createLimit(10, 1000, 5))
  t.is(gcra.take(0, 20), 0)
  t.is(gcra.take(0, 1), 1600)
  t.is(gcra.take(0, 20), 1990)
})

test('a record that has to wait is not charged', t => {
  const gcra = createGcra(createLimit(1, 1000))
  gcra.take(0)
  for (let index = 0; index < 100; index++) t.is(gcra.take(0), 990)
  t.is(gcra.take(990), 0)
})

test('a clock that goes back lets nothing more through', t => {
  const gcra = createGcra(createLimit(10, 1000))
  t.is(gcra.take(5000), 0)
  t.is(gcra.available(4000), 0)
  t.is(gcra.take(4000), 1090)
  t.is(gcra.take(5090), 0)
})

test('as many as are available pass one by one, and no more', t => {
  fc.assert(
    fc.property(limits, fc.array(fc.nat(500), { minLength: 1, maxLength: 20 }), ({ count, per, burst }, gaps) => {
      const limit = createLimit(count, per, burst)
      let arrival = idle
      let now = 0
      for (const gap of gaps) {
        now += gap
        const available = limit.available(arrival, now)
        for (let index = 0; index < available; index++) {
          if (limit.wait(arrival, now) > 0) return false
          arrival = limit.charge(arrival, now)
        }
        if (limit.available(arrival, now) > 0 || limit.wait(arrival, now) === 0) return false
      }
      return true
    }),
    { numRuns: 300 },
  )
  t.pass()
})

test('charging what is available is the same as taking it one by one', t => {
  const limit = createLimit(1000, 1000, 32)
  const [one, many] = [createGcra(limit), createGcra(limit)]
  for (let now = 0; now < 500; now += 7) {
    const available = many.available(now)
    many.charge(now, available)
    let taken = 0
    while (one.take(now) === 0) taken++
    t.is(taken, available)
  }
})

test('a limit refuses an invalid rate, burst or cost', t => {
  for (const [count, per, burst] of [
    [0, 1000, 1],
    [-1, 1000, 1],
    [Number.NaN, 1000, 1],
    [1, 0, 1],
    [1, Number.POSITIVE_INFINITY, 1],
    [1, 1000, 0],
    [1, 1000, Number.NaN],
  ] as const) {
    t.throws(() => createLimit(count, per, burst), { instanceOf: RangeError })
  }
  t.throws(() => createGcra(createLimit(1, 1)).take(0, -1), { instanceOf: RangeError })
  t.throws(() => createGcra(createLimit(1, 1)).take(0, Number.NaN), { instanceOf: RangeError })
})

const wall = Date.UTC(2026, 0, 1)

test('reserved slots follow each other by the interval', t => {
  const limit = createLimit(10, 1000)
  let state = nothingReserved
  const slots = Array.from({ length: 4 }, () => {
    const slot = reserve(limit, state, wall)
    state = slot.state
    return slot.at - wall
  })
  t.deepEqual(slots, [0, 90, 190, 290])
  t.deepEqual(JSON.parse(JSON.stringify(state)), state)
})

test('no window of reserved slots holds more than the burst and what its length earns', t => {
  fc.assert(
    fc.property(limits, arrivals(weights), ({ count, per, burst }, sources) => {
      const interval = per / count
      const limit = createLimit(count, per, burst)
      let state = nothingReserved
      let now = wall
      const passed: Passed[] = []
      for (const { gap, cost } of sources) {
        now += Math.round((gap * interval) / 10)
        const slot = reserve(limit, state, now, cost)
        state = slot.state
        passed.push({ at: slot.at - wall, cost })
      }
      const largest = passed.reduce((most, one) => Math.max(most, one.cost), burst)
      passed.sort((a, b) => a.at - b.at)
      // Slots are whole milliseconds, rounded up: two of them may be one closer than they were.
      return worstExcess(passed, interval) <= largest + 1.002 / interval + 1e-6
    }),
    { numRuns: 300 },
  )
  t.pass()
})

test('reserving byte by byte keeps to the rate beside a wall clock', t => {
  const limit = createLimit(1e9, 1000)
  let state = nothingReserved
  for (let index = 0; index < 100_000; index++) state = reserve(limit, state, wall, 100).state
  t.true(Math.abs(state.ahead - 10) < 1e-6)
})

test('a wall clock set back by an hour delays nothing by an hour and frees no slot', t => {
  const limit = createLimit(10, 1000)
  let state = reserve(limit, nothingReserved, wall).state
  state = reserve(limit, state, wall).state
  const back = wall - 3_600_000
  t.is(reserve(limit, state, back).at - back, 190)
})

test('a moment read before another process took its turn frees no slot', t => {
  const limit = createLimit(10, 1000)
  const { state } = reserve(limit, nothingReserved, wall + 50)
  const slot = reserve(limit, state, wall)
  t.is(slot.at, wall + 50 + 90)
  t.is(reserve(limit, slot.state, wall + 50).at, wall + 50 + 190)
})

test('a call is early by at most a 25th of the time between two, from 20 a second down', t => {
  const wait = (count: number, now: number) => {
    const limit = createCallLimit(count, 1000)
    return limit.wait(limit.charge(idle, 0), now)
  }
  // 100 ms apart: 4 ms early.
  t.is(wait(10, 95), 1)
  t.is(wait(10, 96), 0)
  // 50 ms apart: 2 ms; 49 ms apart: 10 ms.
  t.is(wait(20, 47), 1)
  t.is(wait(20, 48), 0)
  t.is(wait(1000 / 49, 39), 0)
  // A second apart and more: never more than 10 ms.
  t.is(wait(0.5, 1989), 1)
  t.is(wait(0.5, 1990), 0)
})
