import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { readCurrent } from '../../../src/commands/breaker/read-current.js'
import { admit, force, isOpen, reset } from '../../../src/core/breaker/breaker.js'
import { describe } from '../../../src/core/breaker/describe.js'
import { load } from '../../../src/core/breaker/load.js'
import { adopt, createView, merge, takeDelta } from '../../../src/core/breaker/merge.js'
import type { Breaker } from '../../../src/core/breaker/model.js'
import { save } from '../../../src/core/breaker/save.js'
import { createFakeClock, type FakeClock } from '../../../src/core/clock.js'
import { call, create, fail, openNow, start, stateOf, takeProbe } from '../../helpers/breaker-rules.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const second = 1000
const steps = [second, 60 * second, 3_600 * second, 86_400 * second].flatMap(ms => [ms, -ms])

/** Two clocks may differ by so much. */
const tolerated = second

// Jitter is off where a bound is compared.
const exact = { openFor: { first: 30 * second, longest: 300 * second, jitter: 0 } }

const forced = (state: 'open' | 'closed', length: number) => {
  const breaker = create(exact)
  force(breaker, start, state, start + length, 'test')
  return breaker
}

/** How a circuit stood when the clock stepped, and after how long at the latest it must be recovered: not open, set by nobody. */
const states: Record<string, { create: () => Breaker; bound: number }> = {
  closed: { create: () => create(exact), bound: 0 },
  'closed after nine failures': {
    create: () => {
      const breaker = create(exact)
      fail(breaker, 9)
      return breaker
    },
    bound: 0,
  },
  open: { create: () => openNow(exact), bound: 30 * second },
  'half open with a lease': {
    create: () => {
      const breaker = openNow(exact)
      takeProbe(breaker, start + 30 * second)
      return breaker
    },
    // The lease of who may be dead, then one open time.
    bound: 65 * second,
  },
  'half open without a lease': {
    create: () => {
      const breaker = openNow(exact)
      call(breaker, start + 30 * second, 'ok')
      return breaker
    },
    bound: 0,
  },
  'forced open': { create: () => forced('open', 120 * second), bound: 120 * second },
  'forced closed': { create: () => forced('closed', 120 * second), bound: 120 * second },
}

const isRecovered = (breaker: Breaker, now: number) => !isOpen(breaker, now) && breaker.machine.override === null

type Case = { t: ExecutionContext; breaker: Breaker; clock: FakeClock; bound: number; title: string }

const writer = { host: 'other', pid: 1, started: 0, version: '0' }

/** A state file as the run left it that wrote it before the clock stepped. */
const write = ({ t, breaker, clock }: Case, step: number) => {
  const file = join(makeFolder(t), 'api.json')
  writeFileSync(file, save(breaker, writer, clock.wall() - step))
  return file
}

const read = (file: string, breaker: Breaker, now: number) => {
  const loaded = load(readFileSync(file, 'utf8'), breaker.options, now)
  if (loaded.status !== 'loaded') throw new Error(loaded.warnings.join())
  return loaded.breaker
}

const verbs: Record<string, (given: Case, step: number) => Promise<void>> = {
  // Looks only: what it promises must be kept.
  async status(given, step) {
    const { t, clock, bound, breaker, title } = given
    const file = write(given, step)
    const before = readFileSync(file, 'utf8')
    const { until, probeDue } = describe(read(file, breaker, clock.wall()), clock.wall())
    for (const moment of [until, probeDue]) t.true((moment ?? 0) <= clock.wall() + bound, `${title}: ${moment}`)
    t.is(readFileSync(file, 'utf8'), before)
  },
  // `breaker check` and `gate --breaker`: however often they ask, the pause begins anew once at most.
  async check(given, step) {
    const { t, clock, bound, title } = given
    const file = write(given, step)
    let told = 0
    const look = async () =>
      (await readCurrent(file, { clock, log: `${file}.log`, warn: () => told++ }))?.breaker as Breaker
    for (let waited = 0; waited < bound; waited += bound / 4) {
      await look()
      await clock.advance(bound / 4)
    }
    t.true(isRecovered(await look(), clock.wall()), title)
    t.true(told <= 1, `${title}: told ${told} times`)
  },
  async open(given, step) {
    const { t, clock, breaker, title } = given
    const opened = read(write(given, step), breaker, clock.wall())
    force(opened, clock.wall(), 'open', clock.wall() + 10 * second, 'test')
    t.is(stateOf(opened), 'forced_open')
    const file = write({ ...given, breaker: opened }, 0)
    t.true(isOpen(read(file, breaker, clock.wall() + 9 * second), clock.wall() + 9 * second), title)
    await clock.advance(10 * second)
    const after = read(file, breaker, clock.wall())
    t.true(isRecovered(after, clock.wall()), title)
    takeProbe(after, clock.wall())
  },
  async close(given, step) {
    const { t, clock, breaker, title } = given
    const closed = read(write(given, step), breaker, clock.wall())
    force(closed, clock.wall(), 'closed', clock.wall() + 10 * second, 'test')
    const file = write({ ...given, breaker: closed }, 0)
    const during = read(file, breaker, clock.wall() + 9 * second)
    fail(during, 30, clock.wall() + 9 * second)
    t.is(stateOf(during), 'forced_closed', title)
    await clock.advance(10 * second)
    const after = read(file, breaker, clock.wall())
    t.is(stateOf(after), 'closed', title)
    fail(after, 10, clock.wall())
    t.is(stateOf(after), 'open', title)
  },
  async reset(given, step) {
    const { t, clock, breaker, title } = given
    const afresh = read(write(given, step), breaker, clock.wall())
    reset(afresh, clock.wall(), 'test')
    const after = read(write({ ...given, breaker: afresh }, 0), breaker, clock.wall())
    fail(after, 9, clock.wall())
    t.is(stateOf(after), 'closed', title)
    fail(after, 1, clock.wall())
    t.is(stateOf(after), 'open', title)
    t.is((after.machine as { until?: number }).until, clock.wall() + 30 * second, title)
  },
  // A run whose memory holds the circuit, and asks for its turn again and again.
  async run({ t, clock, breaker, bound, title }) {
    let clocks = 0
    const ask = () => {
      const admission = admit(breaker, clock.wall())
      clocks += admission.effects.filter(({ type }) => type === 'clock').length
      return admission.kind
    }
    let waited = 0
    for (; ask() === 'wait' && waited <= bound; waited += second) await clock.advance(second)
    t.true(waited <= bound, `${title}: waited ${waited}`)
    t.true(clocks <= 1, `${title}: told ${clocks} times`)
  },
  // One that shares it with others: it still opens at ten failures, says nothing of a clock, and is open for one open time.
  async trip(given, step) {
    const { t, clock, bound, breaker, title } = given
    const file = write(given, step)
    await readCurrent(file, { clock, log: `${file}.log`, warn: () => {} })
    await clock.advance(bound)
    const shared = read(file, breaker, clock.wall())
    if (stateOf(shared) !== 'closed') {
      takeProbe(shared, clock.wall())
      t.deepEqual(admit(shared, clock.wall() + second).effects, [], title)
      return
    }
    const view = createView(shared, clock.wall())
    fail(view, 10, clock.wall())
    const merged = merge(shared, takeDelta(view, clock.wall()), clock.wall()).breaker
    adopt(view, merged, clock.wall())
    t.is(stateOf(view), 'open', title)
    const { kind, effects } = admit(view, clock.wall() + second)
    t.deepEqual([kind, effects], ['wait', []], title)
    t.is(admit(view, clock.wall() + 30 * second).kind, 'due', title)
  },
}

for (const [state, { create: make, bound }] of Object.entries(states)) {
  for (const [verb, act] of Object.entries(verbs)) {
    test(`${state}, then the clock steps: ${verb}`, async t => {
      for (const step of steps) {
        for (const later of [0, 20 * second]) {
          const breaker = make()
          const clock = createFakeClock(Math.max(start, breaker.machine.since) + later)
          clock.step(step)
          const given = { t, breaker, clock, title: `step ${step}, ${later} later` }
          const isTolerated = step < 0 && step >= -tolerated
          await act({ ...given, bound: bound === 0 ? 0 : bound + (isTolerated ? tolerated : 0) }, step)
        }
      }
    })
  }
}

test('failures from before a step back do not count together with those after it for longer than a window', t => {
  for (const step of steps.filter(ms => ms < -6 * second)) {
    const breaker = create({ consecutive: undefined })
    fail(breaker, 9)
    call(breaker, start + step, 'failure')
    t.is(breaker.window.failed, 1, `step ${step}`)
    t.is(admit(breaker, start + step).kind, 'call')
  }
})
