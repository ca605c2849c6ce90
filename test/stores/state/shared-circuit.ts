import test from 'ava'
import { force, initial } from '../../../src/core/breaker/breaker.js'
import type { Admitted } from '../../../src/core/breaker/circuit.js'
import type { Breaker } from '../../../src/core/breaker/model.js'
import { type BreakerOptions, createBreakerOptions } from '../../../src/core/breaker/options.js'
import { stateOf } from '../../../src/core/breaker/save.js'
import type { Effect } from '../../../src/core/breaker/state.js'
import { createFakeClock, type FakeClock } from '../../../src/core/clock.js'
import { Failure } from '../../../src/core/failure.js'
import { createSharedCircuit } from '../../../src/stores/state/shared-circuit.js'
import type { Store } from '../../../src/stores/state/store.js'
import { StoreError, type StoreErrorCode } from '../../../src/stores/store-error.js'
import { touchy } from '../../helpers/breaker-calls.js'
import { failure } from '../../helpers/calls.js'
import { createMemory, createMemoryStore, type Memory } from '../../helpers/memory-store.js'

const writer = { host: 'host', pid: 1, started: 0, version: '0' }

/** One process: a circuit on a store that others share, and whatever it told. */
const join = async (
  clock: FakeClock,
  memory: Memory,
  by: string,
  given: Partial<BreakerOptions> = {},
  strict = false,
  theirs: () => number = () => clock.wall(),
) => {
  const told = { effects: [] as Effect[], warnings: [] as string[], followed: 0, aside: 0 }
  const trouble: Trouble = { code: undefined, held: undefined }
  const store = createTroubled(createMemoryStore(memory, theirs), trouble)
  const circuit = createSharedCircuit({
    options: touchy({ by, ...given }),
    store,
    writer,
    clock,
    observe: effects => told.effects.push(...effects),
    follow: () => told.followed++,
    warn: message => told.warnings.push(message),
    setAside: () => {
      told.aside++
      return 'aside'
    },
    strict,
  })
  await circuit.open()
  return { circuit, told, trouble, by }
}

type Process = Awaited<ReturnType<typeof join>>

type Trouble = { code: StoreErrorCode | undefined; held: Promise<void> | undefined }

/** A store that fails on demand, or is slow to tell what it did. */
const createTroubled = (store: Store, trouble: Trouble): Store => {
  const check = () => {
    if (trouble.code !== undefined) throw new StoreError(trouble.code, `It is ${trouble.code}`)
  }
  return {
    ...store,
    async read() {
      check()
      const read = await store.read()
      await trouble.held
      return read
    },
    async update(change, options) {
      check()
      await trouble.held
      return store.update(change, options)
    },
  }
}

const admitted = async ({ circuit }: Process): Promise<Admitted> => {
  const admission = await circuit.admit()
  if (admission.kind !== 'call') throw new Error(`Not admitted: ${admission.kind}`)
  return admission
}

const fail = async (process: Process) => process.circuit.settle(await admitted(process), 'failure', 1, failure())

const stored = (memory: Memory) => JSON.parse(String(memory.text))

const setUp = async (processes: number, given: Partial<BreakerOptions> = {}, strict = false) => {
  const clock = createFakeClock()
  const memory = createMemory()
  const all: Process[] = []
  for (let number = 1; number <= processes; number++)
    all.push(await join(clock, memory, `host:${number}`, given, strict))
  return { clock, memory, all, first: all[0] as Process, second: all[1] as Process }
}

const eight = { consecutive: undefined, failRate: 1, minCalls: 8 }

test('8 processes with one failure each open it once, and all see it', async t => {
  const { clock, memory, all } = await setUp(8, eight)
  await Promise.all(all.map(fail))
  t.is(memory.text, undefined)
  await clock.advance(250)
  t.like(stored(memory), { state: 'open', gen: 2, counters: { ok: 0, fail: 8, late: 0 } })
  t.is(all.flatMap(({ told }) => told.effects).length, 1)
  await clock.advance(250)
  for (const { circuit } of all) t.is((await circuit.admit()).kind, 'wait')
})

test('never two probes: of 8 that ask at once one gets it', async t => {
  const { clock, all } = await setUp(8, eight)
  await Promise.all(all.map(fail))
  await clock.advance(250)
  for (let round = 0; round < 3; round++) {
    await clock.advance(8000)
    const answers = await Promise.all(all.map(({ circuit }) => circuit.probe()))
    t.is(answers.filter(({ kind }) => kind === 'probe').length, 1)
    t.is(answers.filter(({ kind }) => kind === 'wait').length, 7)
    const at = answers.findIndex(({ kind }) => kind === 'probe')
    all[at]?.circuit.settle(answers[at] as Admitted, 'failure', 1, failure())
    await clock.advance(0)
  }
})

test('the result of a probe closes it for everybody', async t => {
  const { clock, memory, first, second } = await setUp(2)
  await fail(first)
  await fail(first)
  await clock.advance(0)
  t.is(stored(memory).state, 'open')
  await clock.advance(1000)
  const probe = (await second.circuit.probe()) as Admitted
  t.is(probe.kind, 'probe')
  second.circuit.settle(probe, 'ok', 1)
  await clock.advance(250)
  t.is(stored(memory).state, 'closed')
  t.is((await first.circuit.admit()).kind, 'call')
  t.true(first.told.followed > 0)
})

test('a prober that dies delays, it does not strand', async t => {
  const { clock, first, second } = await setUp(2, { lease: 5000 })
  await fail(first)
  await fail(first)
  await clock.advance(1000)
  t.is((await first.circuit.probe()).kind, 'probe')
  await clock.advance(4999)
  t.is((await second.circuit.probe()).kind, 'wait')
  await clock.advance(1)
  // Open again for as long as before.
  t.is((await second.circuit.probe()).kind, 'wait')
  await clock.advance(1000)
  t.is((await second.circuit.probe()).kind, 'probe')
})

test('outcomes are merged after 250 ms, after 20 of them when one failed, and at the end', async t => {
  const { clock, memory, first, second } = await setUp(2)
  const succeed = async () => first.circuit.settle(await admitted(first), 'ok', 1)
  await succeed()
  await clock.advance(249)
  t.is(memory.text, undefined)
  await clock.advance(1)
  t.is(stored(memory).counters.ok, 1)
  for (let count = 0; count < 20; count++) await succeed()
  await clock.advance(0)
  t.is(stored(memory).counters.ok, 1)
  await fail(first)
  await clock.advance(0)
  t.like(stored(memory).counters, { ok: 21, fail: 1 })
  await succeed()
  second.circuit.settle(await admitted(second), 'ok', 1)
  await Promise.all([first.circuit.close(), second.circuit.close()])
  t.is(stored(memory).counters.ok, 23)
})

test('a process that only reads the state writes nothing', async t => {
  const { clock, memory, first } = await setUp(1)
  await first.circuit.admit()
  await clock.advance(1000)
  await first.circuit.admit()
  await first.circuit.close()
  t.is(memory.text, undefined)
})

test('what would open it is merged at once, and what others did counts', async t => {
  const { clock, memory, first, second } = await setUp(2, { consecutive: undefined, failRate: 0.5, minCalls: 4 })
  for (let count = 0; count < 3; count++) second.circuit.settle(await admitted(second), 'ok', 1)
  await clock.advance(250)
  for (let count = 0; count < 2; count++) await fail(first)
  await clock.advance(250)
  t.like(stored(memory), { state: 'closed', counters: { ok: 3, fail: 2 } })
  await fail(first)
  await clock.advance(0)
  t.like(stored(memory), { state: 'open', counters: { fail: 3 } })
})

test('the state of others is looked at only every 250 ms', async t => {
  const { clock, first, second } = await setUp(2)
  await clock.advance(250)
  await second.circuit.admit()
  await fail(first)
  await fail(first)
  await clock.advance(0)
  t.is((await second.circuit.admit()).kind, 'call')
  await clock.advance(250)
  t.is((await second.circuit.admit()).kind, 'wait')
})

test('a late result changes nothing and is reported', async t => {
  const { clock, memory, first } = await setUp(1)
  const late = await admitted(first)
  await fail(first)
  await fail(first)
  await clock.advance(0)
  first.circuit.settle(late, 'ok', 1)
  await clock.advance(250)
  t.like(stored(memory), { state: 'open', counters: { late: 1 } })
  t.true(first.told.effects.some(({ type }) => type === 'late'))
})

test('without the lock it goes by itself, says so once, and merges when the lock is there again', async t => {
  const { clock, memory, first } = await setUp(1)
  first.trouble.code = 'busy'
  await fail(first)
  await fail(first)
  await clock.advance(0)
  t.is(first.circuit.breaker.machine.state, 'open')
  t.is((await first.circuit.admit()).kind, 'wait')
  await clock.advance(2000)
  t.is(first.told.warnings.length, 1)
  t.is(memory.text, undefined)
  first.trouble.code = undefined
  await clock.advance(250)
  t.like(stored(memory), { state: 'open', counters: { fail: 2 } })
})

test('without the lock there is no probe', async t => {
  const { clock, first } = await setUp(1)
  await fail(first)
  await fail(first)
  await clock.advance(1000)
  first.trouble.code = 'busy'
  t.is((await first.circuit.probe()).kind, 'wait')
  first.trouble.code = undefined
  await clock.advance(250)
  t.is((await first.circuit.probe()).kind, 'probe')
})

test('the result of a probe is shared as soon as the lock is available', async t => {
  const { clock, memory, first } = await setUp(1)
  await fail(first)
  await fail(first)
  await clock.advance(1000)
  const probe = (await first.circuit.probe()) as Admitted
  first.trouble.code = 'busy'
  first.circuit.settle(probe, 'ok', 1)
  await clock.advance(1000)
  t.is(stored(memory).state, 'half_open')
  first.trouble.code = undefined
  await clock.advance(250)
  t.is(stored(memory).state, 'closed')
})

for (const code of ['full', 'unwritable', 'newer', 'foreign', 'unreachable'] as const) {
  test(`a state that is ${code} is left alone: the run has a circuit of its own`, async t => {
    const { clock, memory, first } = await setUp(1)
    first.trouble.code = code
    await fail(first)
    await fail(first)
    await clock.advance(0)
    t.is((await first.circuit.admit()).kind, 'wait')
    await clock.advance(1000)
    t.is((await first.circuit.admit()).kind, 'due')
    const probe = (await first.circuit.probe()) as Admitted
    t.is(probe.kind, 'probe')
    first.circuit.settle(probe, 'ok', 1)
    await clock.advance(0)
    t.is((await first.circuit.admit()).kind, 'call')
    await first.circuit.close()
    t.is(memory.text, undefined)
    t.is(first.told.warnings.length, 1)
  })
}

const damaged = { v: 1, state: 'open', gen: 'many' }

test('a state that makes no sense is moved aside before it is written over', async t => {
  const clock = createFakeClock()
  const memory = createMemory()
  await createMemoryStore(memory).update(() => ({ value: damaged, result: undefined }))
  const first = await join(clock, memory, 'host:1')
  t.is(first.told.aside, 0)
  first.circuit.settle(await admitted(first), 'ok', 1)
  await clock.advance(250)
  t.is(first.told.aside, 1)
  t.is(stored(memory).counters.ok, 1)
  t.true(first.told.warnings.some(warning => warning.includes('aside')))
})

test('with `strict` a state that makes no sense ends the run', async t => {
  const clock = createFakeClock()
  const memory = createMemory()
  await createMemoryStore(memory).update(() => ({ value: damaged, result: undefined }))
  await t.throwsAsync(join(clock, memory, 'host:1', {}, true), { instanceOf: StoreError })
})

test('a circuit that was opened by hand is obeyed', async t => {
  const clock = createFakeClock()
  const memory = createMemory()
  const breaker: Breaker = initial(touchy(), clock.wall())
  force(breaker, clock.wall(), 'open', clock.wall() + 60_000, 'maintenance')
  await createMemoryStore(memory).update(() => ({ value: stateOf(breaker, writer, clock.wall()), result: undefined }))
  const { circuit } = await join(clock, memory, 'host:2')
  t.is((await circuit.admit()).kind, 'wait')
  await clock.advance(60_000)
  t.is((await circuit.admit()).kind, 'due')
})

test('after the clock was set back the pause starts again once for all processes, and is stored', async t => {
  for (const back of [60_000, 3_600_000, 86_400_000]) {
    const clock = createFakeClock()
    const memory = createMemory()
    const breaker: Breaker = initial(touchy(), clock.wall())
    breaker.machine = { ...breaker.machine, state: 'open', until: clock.wall() + 1000 }
    await createMemoryStore(memory).update(() => ({ value: stateOf(breaker, writer, clock.wall()), result: undefined }))
    clock.step(-back)
    const first = await join(clock, memory, 'host:2')
    t.like(stored(memory), { since: clock.wall(), until: clock.wall() + 1000, updated: clock.wall() })
    t.like(first.told.effects, [{ type: 'clock' }])
    await clock.advance(500)
    const second = await join(clock, memory, 'host:3')
    t.deepEqual(second.told.effects, [])
    t.is((await second.circuit.admit()).kind, 'wait')
    await clock.advance(500)
    for (const { circuit } of [first, second]) t.is((await circuit.admit()).kind, 'due')
    t.is(first.told.effects.length, 1)
  }
})

test('the clock steps while processes wait: it is probed within one open time', async t => {
  for (const step of [1000, 60_000, 3_600_000, 86_400_000].flatMap(ms => [ms, -ms])) {
    const { clock, first, second } = await setUp(2)
    await fail(first)
    await fail(first)
    t.is((await first.circuit.admit()).kind, 'wait')
    await clock.advance(400)
    clock.step(step)
    let waited = 0
    for (; waited <= 1500; waited += 50) {
      if ((await second.circuit.admit()).kind === 'due') break
      await clock.advance(50)
    }
    // Up to a second is taken for the difference between two clocks.
    t.true(waited <= (step === -1000 ? 2250 : 1250), `step ${step}: waited ${waited}`)
    const clocks = [first, second].flatMap(({ told }) => told.effects.filter(({ type }) => type === 'clock'))
    t.is(clocks.length, step < -1000 ? 1 : 0, `step ${step}`)
  }
})

test('a length beyond all bounds is damage: set aside, and a run starts closed', async t => {
  const clock = createFakeClock()
  const now = clock.wall()
  const machines: Record<string, unknown>[] = [
    { state: 'open', since: now, until: now + 20_000_000 },
    { state: 'open', since: now, until: now - 5000 },
    { state: 'half_open', probe: { ok: 0, need: 1, lease: { by: 'a', since: now, until: now + 9e9, ms: 1000 } } },
    { override: { state: 'closed', since: now, until: now - 1, why: '', by: 'a' } },
  ]
  for (const fields of machines) {
    const memory = createMemory()
    const state = { ...stateOf(initial(touchy(), now), writer, now), ...fields }
    await createMemoryStore(memory).update(() => ({ value: state, result: undefined }))
    const { circuit, told } = await join(clock, memory, 'host:2')
    t.is((await circuit.admit()).kind, 'call')
    t.regex(told.warnings.join(), /cannot be read.*lasts -?\d+ ms/)
  }
  const asked = createMemory()
  const hour = { state: 'open', since: now, until: now + 3_600_000, asked: true }
  await createMemoryStore(asked).update(() => ({
    value: { ...stateOf(initial(touchy(), now), writer, now), ...hour },
    result: undefined,
  }))
  t.is((await (await join(clock, asked, 'host:2')).circuit.admit()).kind, 'wait')
})

test('a run that is busy while another one opens the circuit is told', async t => {
  const { clock, first, second } = await setUp(2)
  await fail(first)
  await fail(first)
  // It never looks: its own outcomes are merged all the time.
  const good = { kind: 'call', generation: 1, effects: [] } as const
  second.circuit.settle(good, 'ok', 1)
  await clock.advance(250)
  t.is(second.told.followed, 1)
  t.is((await second.circuit.admit()).kind, 'wait')
})

test('8 processes of which each sees two timeouts in a row: the row is that of all', async t => {
  const clock = createFakeClock()
  const memory = createMemory()
  const processes: Process[] = []
  const rules = createBreakerOptions({ name: 'api', failRate: undefined })
  for (let index = 0; index < 8; index++)
    processes.push(await join(clock, memory, `host:${index}`, { ...rules, by: `host:${index}` }))
  const timeout = new Failure('timeout', 'transient', 'No answer')
  const hang = ({ circuit }: Process) =>
    circuit.settle({ kind: 'call', generation: 1, effects: [] }, 'failure', 30_000, timeout)
  for (const one of processes.slice(0, 4)) for (const _ of [1, 2]) void hang(one)
  await clock.advance(250)
  t.like(stored(memory), { state: 'closed', streak: 8 })
  // One success among them all ends it.
  processes[7]?.circuit.settle({ kind: 'call', generation: 1, effects: [] }, 'ok', 10)
  await clock.advance(250)
  t.like(stored(memory), { state: 'closed', streak: 0 })
  for (const one of processes) for (const _ of [1, 2]) void hang(one)
  await clock.advance(250)
  t.like(stored(memory), { state: 'open', reason: { rule: 'consecutive' } })
})

test('the end waits until every outcome is shared', async t => {
  const { clock, memory, first } = await setUp(1)
  await fail(first)
  await fail(first)
  await clock.advance(1000)
  const probe = (await first.circuit.probe()) as Admitted
  first.trouble.held = new Promise(done => clock.after(100, done))
  first.circuit.settle(probe, 'ok', 1)
  const closed = first.circuit.close().then(() => stored(memory).state)
  await clock.advance(100)
  t.is(await closed, 'closed')
})

test('a state read before its own change is outdated and not used', async t => {
  const { clock, first, second } = await setUp(2)
  second.circuit.settle(await admitted(second), 'ok', 1)
  await clock.advance(250)
  await clock.advance(250)
  let release = () => {}
  first.trouble.held = new Promise(done => {
    release = done
  })
  const looking = first.circuit.admit()
  await clock.advance(0)
  first.trouble.held = undefined
  for (let count = 0; count < 2; count++)
    first.circuit.settle({ kind: 'call', generation: 1, effects: [] }, 'failure', 1, failure())
  await clock.advance(0)
  release()
  t.is((await looking).kind, 'wait')
  t.is(first.circuit.breaker.machine.state, 'open')
})

test('processes whose clocks differ by 3 s go by the clock of the store', async t => {
  const real = createFakeClock()
  const memory = createMemory()
  const clocks = [-3000, 0, 3000].map(off => ({ ...real, wall: () => real.wall() + off }) as FakeClock)
  const all: Process[] = []
  for (const [index, clock] of clocks.entries())
    all.push(await join(clock, memory, `host:${index}`, {}, false, () => real.wall()))
  await fail(all[0] as Process)
  await fail(all[0] as Process)
  await real.advance(500)
  t.like(stored(memory), { state: 'open', since: real.wall() - 500, until: real.wall() + 500 })
  for (const { circuit } of all) t.is((await circuit.admit()).kind, 'wait')
  await real.advance(500)
  for (const { circuit } of all) t.is((await circuit.admit()).kind, 'due')
  const answers = await Promise.all(all.map(({ circuit }) => circuit.probe()))
  t.is(answers.filter(({ kind }) => kind === 'probe').length, 1)
  // Nobody takes the differences for a clock that was set back.
  t.deepEqual(
    all.flatMap(({ told }) => told.effects.filter(({ type }) => type === 'clock')),
    [],
  )
})

test('a run does not start when who keeps the state cannot be reached; one that runs goes on, with one warning', async t => {
  const clock = createFakeClock()
  const refused = createSharedCircuit({
    options: touchy(),
    store: createTroubled(createMemoryStore(createMemory(), clock.wall), { code: 'unreachable', held: undefined }),
    writer,
    clock,
    observe: () => {},
    follow: () => {},
    warn: () => t.fail(),
    setAside: () => '',
    strict: false,
  })
  t.like(await t.throwsAsync(refused.open(), { instanceOf: StoreError }), { code: 'unreachable' })
  const memory = createMemory()
  const running = await join(clock, memory, 'host:1')
  running.trouble.code = 'unreachable'
  await fail(running)
  await fail(running)
  await clock.advance(3000)
  t.is(memory.text, undefined)
  t.is(running.told.warnings.length, 1)
  running.trouble.code = undefined
  await clock.advance(250)
  t.like(stored(memory), { counters: { fail: 2 } })
})
