import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { force, initial } from '../../../src/core/breaker/breaker.js'
import type { Breaker } from '../../../src/core/breaker/model.js'
import { save } from '../../../src/core/breaker/save.js'
import { call, create, fail, takeProbe } from '../../helpers/breaker-rules.js'
import { streamz } from '../../helpers/cli.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const second = 1000
const steps = [second, 60 * second, 3_600 * second, 86_400 * second].flatMap(ms => [ms, -ms])
const openTime = 45 * second
const lease = 35 * second
const exact = { name: 'api', openFor: { first: openTime, longest: 300 * second, jitter: 0 }, lease }

type State = {
  /** Brings a new circuit there; gives the moment of the last write. */
  readonly enter: (breaker: Breaker, now: number) => number
  /** For so long after that moment it may be open or set by hand. */
  readonly bound: number
  readonly isOpen: boolean
}

const states: Record<string, State> = {
  closed: { enter: (_, now) => now, bound: 0, isOpen: false },
  'closed after nine failures': {
    enter(breaker, now) {
      fail(breaker, 9, now)
      return now
    },
    bound: 0,
    isOpen: false,
  },
  open: {
    enter(breaker, now) {
      fail(breaker, 10, now)
      return now
    },
    bound: openTime,
    isOpen: true,
  },
  'half open with the lease of another': {
    enter(breaker, now) {
      fail(breaker, 10, now)
      takeProbe(breaker, now + openTime)
      return now + openTime
    },
    bound: lease + openTime,
    isOpen: true,
  },
  'half open without a lease': {
    enter(breaker, now) {
      fail(breaker, 10, now)
      call(breaker, now + openTime, 'ok')
      return now + openTime
    },
    bound: 0,
    isOpen: false,
  },
  'forced open': {
    enter(breaker, now) {
      force(breaker, now, 'open', now + 120 * second, 'test')
      return now
    },
    bound: 120 * second,
    isOpen: true,
  },
  'forced closed': {
    enter(breaker, now) {
      force(breaker, now, 'closed', now + 120 * second, 'test')
      return now
    },
    bound: 120 * second,
    isOpen: false,
  },
}

const cases = Object.entries(states).flatMap(([title, state]) =>
  steps.map((step, index) => ({ ...state, step, title: `${title}, step ${step}`, index })),
)
type Case = (typeof cases)[number]

const writer = { host: 'other', pid: 1, started: 0, version: '0' }

/** A folder of circuits as another run has left them just before the clock stepped. */
const writeFolder = (t: ExecutionContext, given: readonly Case[]) => {
  const cwd = makeFolder(t)
  mkdirSync(join(cwd, 'api'))
  const files = given.map(({ enter, step }, index) => {
    const path = join(cwd, 'api', `${String(index).padStart(32, '0')}.json`)
    const written = Date.now() - step
    const began = enter(initial(create(exact).options, 0), 0)
    const breaker = initial(create(exact).options, written - began)
    enter(breaker, written - began)
    writeFileSync(path, save(breaker, writer, written))
    return path
  })
  return { cwd, read: () => files.map(path => JSON.parse(readFileSync(path, 'utf8'))) }
}

/** Runs a verb on the folder; gives the earliest and the latest moment at which it can have looked at the clock. */
const run = async (t: ExecutionContext, cwd: string, ...args: string[]) => {
  const earliest = Date.now()
  const { exitCode, stdout } = await streamz(t, ['breaker', ...args], { cwd })
  return { exitCode, stdout: String(stdout), earliest, latest: Date.now() }
}

test('after any step of the clock status promises an end within one open time, one lease or the forced length', async t => {
  const { cwd, read } = writeFolder(t, cases)
  const before = read()
  const { exitCode, stdout, latest } = await run(t, cwd, 'status', 'api', '--json')
  t.is(exitCode, 0)
  const shown = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  t.is(shown.length, cases.length)
  for (const [index, { title, bound }] of cases.entries()) {
    const { until, probe_due: due } = shown[index]
    for (const moment of [until, due]) {
      // Clocks may differ by a second.
      if (moment !== null) t.true(Date.parse(moment) <= latest + bound + second, `${title}: ${moment}`)
    }
  }
  t.deepEqual(read(), before)
})

for (const [title, state] of Object.entries(states)) {
  test(`after any step of the clock check says whether calls are made: ${title}`, async t => {
    for (const isExpected of [true, false]) {
      // All of a folder must be open for 75, so those expected to be open are alone there.
      const given = cases.filter(
        ({ enter, step, bound, isOpen }) => enter === state.enter && (isOpen && bound - step > 0) === isExpected,
      )
      if (given.length === 0) continue
      const groups = isExpected ? [given] : given.map(one => [one])
      for (const group of groups) {
        const { cwd } = writeFolder(t, group)
        const { exitCode } = await run(t, cwd, 'check', 'api')
        t.is(exitCode, isExpected ? 75 : 0, group.map(one => one.title).join())
      }
    }
  })
}

for (const [verb, forced] of [
  ['open', 'open'],
  ['close', 'closed'],
] as const)
  test(`after any step of the clock ${verb} sets a circuit for the length that is asked for`, async t => {
    const { cwd, read } = writeFolder(t, cases)
    const { exitCode, earliest, latest } = await run(t, cwd, verb, 'api', '--for', '10m')
    t.is(exitCode, 0)
    for (const [index, { override, state }] of read().entries()) {
      const title = cases[index]?.title
      t.like(override, { state: forced }, title)
      t.is(state, forced, title)
      t.true(override.until >= earliest + 600 * second && override.until <= latest + 600 * second, title)
    }
    t.is((await run(t, cwd, 'check', 'api')).exitCode, verb === 'open' ? 75 : 0)
  })

test('after any step of the clock reset makes a circuit as good as new', async t => {
  const { cwd, read } = writeFolder(t, cases)
  const { exitCode, earliest, latest } = await run(t, cwd, 'reset', 'api')
  t.is(exitCode, 0)
  for (const [index, { state, override, until, reopened, streak, since, window }] of read().entries()) {
    const title = cases[index]?.title
    t.deepEqual([state, override, until, reopened, streak, window.last], ['closed', null, null, 0, 0, []], title)
    t.true(since >= earliest && since <= latest, title)
  }
  t.is((await run(t, cwd, 'check', 'api')).exitCode, 0)
  t.is(readdirSync(join(cwd, 'api')).length, cases.length)
})
