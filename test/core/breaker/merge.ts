import test from 'ava'
import { admit, initial, isOpen, settle } from '../../../src/core/breaker/breaker.js'
import { load } from '../../../src/core/breaker/load.js'
import { adopt, createView, giveBack, merge, takeDelta } from '../../../src/core/breaker/merge.js'
import type { Breaker } from '../../../src/core/breaker/model.js'
import { type BreakerOptions, createBreakerOptions } from '../../../src/core/breaker/options.js'
import { save } from '../../../src/core/breaker/save.js'
import type { Effect } from '../../../src/core/breaker/state.js'
import { carryOn } from '../../../src/core/breaker/trip.js'
import { bucketsOf, outcomesOf } from '../../../src/core/breaker/window.js'
import { Failure } from '../../../src/core/failure.js'
import fc from '../../helpers/fast-check.js'

const start = 1_790_000_000_000
const down = new Failure('network', 'transient', 'Connection refused')
const optionsOf = (given: Partial<BreakerOptions> = {}, by = 'host-a:1') =>
  createBreakerOptions({ random: () => 0.5, by, ...given })
const writer = { host: 'host-a', pid: 1, started: start, version: '1.0.0' }

/** A state file, and what a process does to it under the lock. */
const createFile = (options: BreakerOptions) => {
  let text = save(initial(options, start), writer, start)
  const effects: Effect[] = []
  const read = (by: BreakerOptions, now: number) => load(text, by, now).breaker
  const write = (breaker: Breaker, now: number) => {
    text = save(breaker, writer, now)
  }
  return {
    effects,
    read,
    write,
    text: () => text,
    sync(view: Breaker, now: number) {
      const merged = merge(read(view.options, now), takeDelta(view, start), now)
      effects.push(...merged.effects)
      write(merged.breaker, now)
      adopt(view, read(view.options, now), now)
    },
  }
}
const createProcesses = (count: number, given: Partial<BreakerOptions> = {}) => {
  const file = createFile(optionsOf(given))
  const views = Array.from({ length: count }, (_, index) => {
    const options = optionsOf(given, `host-a:${index}`)
    return createView(file.read(options, start), start)
  })
  return { file, views }
}
const call = (view: Breaker, now: number, result: 'ok' | 'failure') => {
  const admission = admit(view, now)
  if (admission.kind !== 'call') throw new Error(`Not admitted: ${admission.kind}`)
  return settle(view, admission.generation, now, result, 0, result === 'failure' ? down : undefined)
}

test('8 processes with a failure each open exactly once, in any order of merging', t => {
  fc.assert(
    fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 }), order => {
      const { file, views } = createProcesses(8, { minCalls: 8, failRate: 1 })
      views.forEach((view, index) => {
        if (call(view, start + index, 'failure').length > 0) throw new Error('One failure is not eight')
      })
      order.forEach((index, merged) => {
        file.sync(views[index] as Breaker, start + 10 + merged)
        const state = file.read(optionsOf(), start + 20).machine.state
        if (state !== (merged === 7 ? 'open' : 'closed')) throw new Error(`${state} after ${merged + 1}`)
      })
      for (const view of views) file.sync(view, start + 30)
      const { machine, counters } = file.read(optionsOf({ minCalls: 8, failRate: 1 }), start + 30)
      return file.effects.length === 1 && machine.generation === 2 && counters.fail === 8 && counters.late === 0
    }),
    { numRuns: 50 },
  )
  t.pass()
})

test('no counts are lost among processes that merge in any order', t => {
  const event = fc.record({
    view: fc.nat(4),
    type: fc.constantFrom('ok', 'ok', 'failure', 'sync', 'back'),
    ms: fc.nat(3),
  })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 200 }), events => {
      const { file, views } = createProcesses(5, { failRate: undefined })
      let now = start
      const made = { ok: 0, fail: 0 }
      for (const { view: index, type, ms } of events) {
        const view = views[index] as Breaker
        now += ms
        if (type === 'sync') file.sync(view, now)
        else if (type === 'back') giveBack(view, takeDelta(view, start))
        else {
          call(view, now, type === 'ok' ? 'ok' : 'failure')
          made[type === 'ok' ? 'ok' : 'fail']++
        }
      }
      for (const view of views) file.sync(view, now)
      const { counters, window, errors } = file.read(optionsOf({ failRate: undefined }), now)
      return (
        counters.ok === made.ok &&
        counters.fail === made.fail &&
        (errors[0]?.n ?? 0) === made.fail &&
        window.calls === Math.min(100, made.ok + made.fail)
      )
    }),
  )
  t.pass()
})

const shapes: Partial<BreakerOptions>[] = [
  { window: { count: 20, time: 60_000 } },
  { window: { count: 20, time: undefined }, consecutive: 5 },
  { window: { count: undefined, time: 1000 } },
]
for (const shape of shapes)
  test(`outcomes split among processes give the window of one process: ${JSON.stringify(shape)}`, t => {
    const outcome = fc.record({ view: fc.nat(2), failed: fc.boolean(), ms: fc.integer({ min: 1, max: 90 }) })
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 60 }), fc.boolean(), (outcomes, early) => {
        const given = { ...shape, failRate: undefined, consecutive: 1000 }
        const alone = initial(optionsOf(given), start)
        const { file, views } = createProcesses(3, given)
        let now = start
        for (const { view: index, failed, ms } of outcomes) {
          now += ms
          const view = views[index] as Breaker
          if (alone.machine.state !== 'closed') return true
          settle(alone, 1, now, failed ? 'failure' : 'ok')
          // Who is alone notes times only for the look that comes next.
          outcomesOf(alone.window)
          if (view.machine.state === 'closed') settle(view, view.machine.generation, now, failed ? 'failure' : 'ok')
          if (early) file.sync(view, now)
        }
        if (alone.machine.state !== 'closed') return true
        for (const view of views) file.sync(view, now)
        const shared = file.read(optionsOf(given), now)
        const whole = load(save(alone, writer, now), optionsOf(given), now).breaker
        const look = ({ window, streak }: typeof shared) =>
          JSON.stringify([window.calls, window.failed, early ? streak : 0, outcomesOf(window), bucketsOf(window)])
        return look(shared) === look(whole)
      }),
    )
    t.pass()
  })

test('a late delta of an older generation does not count', t => {
  const { file, views } = createProcesses(2)
  const [one, other] = views as [Breaker, Breaker]
  for (let count = 0; count < 7; count++) call(other, start, 'failure')
  for (let count = 0; count < 10; count++) call(one, start, 'failure')
  file.sync(one, start)
  const shared = file.read(one.options, start + 30_000)
  for (let count = 0; count < 3; count++) {
    const probe = admit(shared, start + 30_000)
    if (probe.kind !== 'probe') throw new Error(probe.kind)
    settle(shared, probe.generation, start + 30_000, 'ok')
  }
  t.is(shared.machine.state, 'closed')
  file.write(shared, start + 30_000)
  file.sync(other, start + 30_001)
  const { machine, window, counters } = file.read(one.options, start + 30_001)
  t.is(machine.state, 'closed')
  t.is(window.calls, 0)
  t.deepEqual(counters, { ok: 3, fail: 10, rejected: 0, late: 7 })
})

test('a view that follows another generation turns what it still holds into late calls', t => {
  const { file, views } = createProcesses(2)
  const [one, other] = views as [Breaker, Breaker]
  call(other, start, 'failure')
  for (let count = 0; count < 10; count++) call(one, start, 'failure')
  file.sync(one, start)
  adopt(other, file.read(other.options, start), start)
  t.is(admit(other, start).kind, 'wait')
  file.sync(other, start)
  t.is(file.read(other.options, start).counters.late, 1)
})

test('a view asks for a merge instead of opening, and the whole decides', t => {
  const { file, views } = createProcesses(2, { consecutive: undefined })
  const [one, other] = views as [Breaker, Breaker]
  for (let count = 0; count < 30; count++) call(other, start, 'ok')
  file.sync(other, start)
  for (let count = 0; count < 9; count++) t.deepEqual(call(one, start, 'failure'), [])
  t.like(call(one, start, 'failure'), [{ type: 'merge', reason: { rule: 'fail_rate' } }])
  t.is(admit(one, start).kind, 'call')
  file.sync(one, start)
  t.is(one.machine.state, 'closed')
  t.is(one.window.calls, 40)
})

test('of processes that find a probe due one gets it', t => {
  const { file, views } = createProcesses(3)
  const [one] = views as [Breaker]
  for (let count = 0; count < 10; count++) call(one, start, 'failure')
  for (const view of views) file.sync(view, start)
  const due = start + 30_000
  const kinds = views.map(view => {
    t.is(admit(view, due).kind, 'due')
    const shared = file.read(view.options, due)
    const { kind } = admit(shared, due)
    file.write(shared, due)
    adopt(view, shared, due)
    return kind
  })
  t.deepEqual(kinds, ['probe', 'wait', 'wait'])
  t.deepEqual(
    views.map(view => isOpen(view, due)),
    [false, true, true],
  )
})

test('a view that cannot reach the shared state opens alone and comes back to it', t => {
  const { file, views } = createProcesses(2, { consecutive: undefined })
  const [one, other] = views as [Breaker, Breaker]
  const running = admit(one, start)
  for (let count = 0; count < 10; count++) call(one, start, 'failure')
  t.like(carryOn(one, start), [{ to: 'open' }])
  t.is(admit(one, start + 1).kind, 'wait')
  for (let count = 0; count < 30; count++) call(other, start, 'ok')
  file.sync(other, start + 2)
  file.sync(one, start + 3)
  t.like(one.machine, { state: 'closed', generation: 1 })
  t.is(one.window.calls, 40)
  settle(one, running.kind === 'call' ? running.generation : 0, start + 4, 'ok')
  file.sync(one, start + 5)
  t.deepEqual(file.read(one.options, start + 5).counters, { ok: 31, fail: 10, rejected: 0, late: 0 })
})

test('with another window only changes of state are shared', t => {
  const file = createFile(optionsOf({ consecutive: undefined }))
  const one = createView(file.read(optionsOf({ consecutive: undefined }), start), start)
  const options = optionsOf({ window: { count: 20, time: 30_000 }, consecutive: undefined }, 'host-b:2')
  for (let count = 0; count < 5; count++) call(one, start, 'failure')
  file.sync(one, start)
  const other = createView(file.read(options, start), start)
  t.is(other.window.calls, 0)
  for (let count = 0; count < 9; count++) call(other, start + 1, 'failure')
  file.sync(other, start + 2)
  t.is(other.window.calls, 9)
  t.is(JSON.parse(file.text()).config.window, '100/60s')
  t.is(file.read(optionsOf(), start + 2).window.calls, 5)
  call(other, start + 3, 'failure')
  file.sync(other, start + 3)
  t.like(file.effects, [{ to: 'open', reason: { by: 'host-b:2', calls: 10 } }])
  t.is(file.effects.length, 1)
  adopt(one, file.read(optionsOf(), start + 4), start + 4)
  t.is(admit(one, start + 4).kind, 'wait')
  const shared = file.read(options, start + 40_000)
  for (let count = 0; count < 3; count++) {
    const probe = admit(shared, start + 40_000)
    settle(shared, probe.kind === 'probe' ? probe.generation : 0, start + 40_000, 'ok')
  }
  file.write(shared, start + 40_000)
  t.like(JSON.parse(file.text()), { state: 'closed', config: { window: '20/30s' }, window: { last: [] } })
})

test('outcomes gathered while a merge fails are not lost', t => {
  const { file, views } = createProcesses(1)
  const [view] = views as [Breaker]
  call(view, start, 'failure')
  const delta = takeDelta(view, start)
  call(view, start + 1, 'ok')
  giveBack(view, delta)
  file.sync(view, start + 2)
  const { counters, window } = file.read(view.options, start + 2)
  t.deepEqual([counters.ok, counters.fail, window.calls, window.failed], [1, 1, 2, 1])
})

test('a view that follows the others keeps what it has yet to merge', t => {
  const { file, views } = createProcesses(2)
  const [one, other] = views as [Breaker, Breaker]
  for (let count = 0; count < 5; count++) call(one, start + count, 'failure')
  for (let count = 0; count < 4; count++) call(other, start + count, 'failure')
  file.sync(other, start + 5)
  adopt(one, file.read(one.options, start + 5), start + 5)
  t.is(one.window.calls, 9)
  t.like(call(one, start + 6, 'failure'), [{ type: 'merge' }])
})

test('outcomes that a process merges too late for the window only count in the sums', t => {
  for (const window of [
    { count: undefined, time: 1000 },
    { count: 20, time: 1000 },
  ]) {
    const { file, views } = createProcesses(2, { window })
    const [one, other] = views as [Breaker, Breaker]
    call(one, start, 'failure')
    call(other, start + 5000, 'ok')
    file.sync(other, start + 5000)
    file.sync(one, start + 5000)
    const shared = file.read(one.options, start + 5000)
    t.deepEqual([shared.window.calls, shared.window.failed, shared.counters.fail], [1, 0, 1])
  }
})

test('a view leaves what time does to the shared state', t => {
  const { file, views } = createProcesses(2)
  const [one, other] = views as [Breaker, Breaker]
  for (let count = 0; count < 10; count++) call(one, start, 'failure')
  file.sync(one, start)
  const shared = file.read(one.options, start + 30_000)
  admit(shared, start + 30_000)
  adopt(other, shared, start + 30_000)
  t.like(admit(other, start + 65_000), { kind: 'wait', until: start + 95_000, effects: [] })
  t.like(other.machine, { state: 'half_open', generation: 3 })
  t.is(admit(other, start + 95_000).kind, 'due')
})

test('slow calls still running in the process that merges count for the whole', t => {
  const { file, views } = createProcesses(2, { slow: { limit: 1000, rate: 0.5 } })
  const [one, other] = views as [Breaker, Breaker]
  for (let count = 0; count < 6; count++) call(one, start, 'ok')
  file.sync(one, start)
  t.is(merge(file.read(other.options, start), takeDelta(other, start), start, 5).effects.length, 0)
  t.like(merge(file.read(other.options, start), takeDelta(other, start), start, 6).effects, [
    { reason: { rule: 'slow_rate' } },
  ])
})

test('of an error that several processes saw the newest message stays', t => {
  const { file, views } = createProcesses(2)
  const [one, other] = views as [Breaker, Breaker]
  settle(one, 1, start, 'failure', 0, new Failure('network', 'transient', 'first'))
  settle(other, 1, start + 1, 'failure', 0, new Failure('network', 'transient', 'second'))
  file.sync(other, start + 2)
  file.sync(one, start + 2)
  t.like(file.read(one.options, start + 2).errors, [{ kind: 'network', message: 'second', time: start + 1, n: 2 }])
})

test('merging leaves the state it was given as it was', t => {
  const shared = initial(optionsOf(), start)
  const view = createView(shared, start)
  for (let count = 0; count < 10; count++) call(view, start, 'failure')
  const before = save(shared, writer, start)
  t.is(merge(shared, takeDelta(view, start), start).breaker.machine.state, 'open')
  t.is(save(shared, writer, start), before)
})

test('clock set back 1h: a view shortens its pause once', t => {
  const { file, views } = createProcesses(1)
  const [view] = views as [Breaker]
  for (let count = 0; count < 10; count++) call(view, start, 'failure')
  file.sync(view, start)
  const back = start - 3_600_000
  t.like(admit(view, back), { kind: 'wait', until: back + 30_000, effects: [{ type: 'clock' }] })
  t.like(admit(view, back + 10_000), { kind: 'wait', until: back + 30_000, effects: [] })
  t.is(admit(view, back + 30_000).kind, 'due')
})
