import { readFileSync } from 'node:fs'
import test from 'ava'
import { createLimit } from '../../../src/core/rules/gcra.js'
import {
  createSharedLimit,
  readLimitTexts,
  type SharedLimit,
  singleRate,
} from '../../../src/stores/state/shared-limit.js'
import { formatState } from '../../../src/stores/state/state-text.js'
import { createMemory, createMemoryStore } from '../../helpers/memory-store.js'

const createHarness = (count: number, per: number, burst = 1, processes = 1, maxKeys = 100) => {
  const memory = createMemory()
  const clock = { now: 1_790_000_000_000 }
  let damaged = false
  const limits = Array.from({ length: processes }, () =>
    createSharedLimit({
      store: createMemoryStore(memory, () => clock.now),
      limits: [{ text: singleRate, limit: createLimit(count, per, burst), interval: per / count }],
      wall: () => clock.now,
      timeout: 1000,
      maxKeys,
      wasDamaged: () => damaged,
    }),
  )
  const takers = limits.map(limit => ({ take: takeAlike(limit) }))
  return { memory, clock, limits: takers, limit: limits[0]!, take: takers[0]!.take, damage: () => (damaged = true) }
}

/** Slots for so many records that are the same to the limit. */
const takeAlike = (limit: SharedLimit) => async (key: string, cost: number, count: number) => {
  const { decisions, wait, lapse } = await limit.take(Array.from({ length: count }, () => ({ key, costs: [cost] })))
  return {
    slots: decisions.flatMap(decision => ('at' in decision ? [decision.at] : [])),
    wait: decisions.length > 0 ? 0 : wait,
    lapse,
  }
}

test('below 20 a second a slot is taken only when it is due', async t => {
  const { clock, take } = createHarness(10, 60_000)
  const start = clock.now
  t.deepEqual(await take('', 1, 5), { slots: [start], wait: 0, lapse: Number.POSITIVE_INFINITY })
  const next = await take('', 1, 5)
  t.deepEqual(next.slots, [])
  t.true(next.wait > 5900 && next.wait <= 6000, String(next.wait))
  clock.now += next.wait
  t.deepEqual((await take('', 1, 5)).slots, [clock.now])
})

test('above 20 a second at most 100 ms of slots are taken at once', async t => {
  const { clock, take } = createHarness(100, 1000)
  const { slots, lapse } = await take('', 1, 50)
  // What may be early by 10 ms is among them.
  t.true(slots.length >= 10 && slots.length <= 12, String(slots.length))
  t.is(lapse, 100)
  t.true((slots.at(-1) ?? 0) - clock.now <= 100)
})

test('no more slots are taken than there are records', async t => {
  const { take } = createHarness(100, 1000)
  t.is((await take('', 1, 3)).slots.length, 3)
})

test('a burst may pass at once, then the rate holds', async t => {
  const { take } = createHarness(1, 1000, 3)
  for (const _ of [1, 2, 3]) t.is((await take('', 1, 1)).slots.length, 1)
  t.is((await take('', 1, 1)).slots.length, 0)
})

test('keys have limits of their own', async t => {
  const { take } = createHarness(1, 60_000)
  t.is((await take('"a"', 1, 1)).slots.length, 1)
  t.is((await take('"b"', 1, 1)).slots.length, 1)
  t.is((await take('"a"', 1, 1)).slots.length, 0)
})

test('a cost of five uses up five records', async t => {
  const { clock, take } = createHarness(1, 1000)
  await take('', 5, 1)
  const { wait } = await take('', 1, 1)
  t.true(wait > 4900 && wait <= 5000, String(wait))
  clock.now += wait
  t.is((await take('', 1, 1)).slots.length, 1)
})

for (const [count, per, burst] of [
  [10, 60_000, 1],
  [5, 1000, 3],
  [100, 1000, 1],
] as const) {
  test(`four processes together never pass more than ${count} in ${per} ms with burst ${burst}`, async t => {
    const { clock, limits } = createHarness(count, per, burst, 4)
    const used: number[] = []
    const interval = per / count
    const until = clock.now + 60 * interval
    while (clock.now < until) {
      for (const { take } of limits) used.push(...(await take('', 1, 3)).slots)
      clock.now += interval / 7
    }
    used.sort((one, other) => one - other)
    const slack = 10
    for (let from = 0; from < used.length; from++) {
      for (let to = from; to < used.length; to++) {
        const window = (used[to] ?? 0) - (used[from] ?? 0)
        const bound = burst + (window + slack) / interval
        t.true(to - from + 1 <= bound + 1e-3, `${to - from + 1} in ${window} ms, at most ${bound}`)
      }
    }
    t.true(used.length >= 55, `${used.length} passed: the rate is reached`)
  })
}

test('damaged state counts as a limit that was just used up', async t => {
  const { clock, take, damage } = createHarness(1, 1000, 2)
  damage()
  t.is((await take('', 1, 1)).slots.length, 0)
  clock.now += 1000
  t.is((await take('', 1, 1)).slots.length, 1)
})

test('a state of another shape is damaged too', async t => {
  const { memory, take } = createHarness(1, 1000)
  await createMemoryStore(memory).update(() => ({ value: { keys: { '': ['x', 1] } }, result: undefined }))
  t.is((await take('', 1, 1)).slots.length, 0)
})

test('a clock set back by an hour does not delay records by an hour', async t => {
  const { clock, take } = createHarness(1, 1000)
  await take('', 1, 1)
  clock.now -= 3_600_000
  const { wait } = await take('', 1, 1)
  t.true(wait <= 1000, String(wait))
})

test('keys with nothing left to wait for are forgotten when there are too many', async t => {
  const { clock, memory, take } = createHarness(1, 1000, 1, 1, 5)
  for (let key = 0; key < 20; key++) {
    await take(`${key}`, 1, 1)
    clock.now += 2000
  }
  const stored = JSON.parse(memory.text?.toString() ?? '{}')
  const keys = stored.limits[singleRate].map(([key]: [string]) => key)
  t.true(keys.length <= 5)
  t.true(keys.includes('19'))
})

test('a key that is used all the time is not forgotten before idle ones, numbers or not', async t => {
  const { memory, limit } = createHarness(1, 3_600_000, 1, 1, 2)
  for (let key = 0; key < 9; key++) {
    await limit.take([{ key: '1', costs: [1] }], () => true)
    await limit.take([{ key: `${9 - key}0`, costs: [1] }], () => true)
    // It had its turn: that is a use too.
    const { decisions } = await limit.take([{ key: '1', costs: [0] }], () => true)
    t.is(decisions.length, 1)
  }
  const stored = JSON.parse(memory.text?.toString() ?? '{}')
  t.is(stored.limits[singleRate].length, 2)
  t.true(stored.limits[singleRate].some(([key]: [string]) => key === '1'))
})

test('the keys that earlier versions wrote differently are still known', async t => {
  const { memory, clock, take } = createHarness(1, 60_000)
  const now = clock.now
  const former = [
    ['', 0],
    ['"a"', 0],
    ['"10"', 0],
    ['7', 0],
    ['10', 0],
    ['10.0', 30_000],
    ['1.50', 0],
    ['{ "b": 1, "a": [2.0] }', 0],
  ] as const
  memory.text = formatState({
    v: 1,
    kind: 'limit',
    limits: { [singleRate]: former.map(([key, more]) => [key, now, 60_000 + more]) },
  })
  const waits: Record<string, number> = {}
  for (const key of ['', '"a"', '"10"', '7', '1e1', '15e-1', '{"a":[2],"b":1}', '"new"'])
    waits[key] = (await take(key, 1, 1)).wait
  t.true((waits['"new"'] ?? 0) === 0)
  for (const key of ['', '"a"', '"10"', '7', '15e-1', '{"a":[2],"b":1}']) t.true((waits[key] ?? 0) > 50_000, key)
  t.true((waits['1e1'] ?? 0) > 80_000)
  const { limits } = JSON.parse(String(memory.text)) as { limits: Record<string, [string, number, number][]> }
  t.deepEqual(
    limits[singleRate]?.map(([key]) => key).toSorted(),
    ['', '"10"', '"a"', '"new"', '15e-1', '1e1', '7', '{"a":[2],"b":1}'].toSorted(),
  )
})

test('several limits are taken together or not at all', async t => {
  const memory = createMemory()
  const clock = { now: 1_790_000_000_000 }
  const open = () =>
    createSharedLimit({
      store: createMemoryStore(memory, () => clock.now),
      limits: [
        { text: 'calls', limit: createLimit(10, 60_000, 5), interval: 6000 },
        { text: 'tokens', limit: createLimit(100, 60_000, 100), interval: 600 },
      ],
      wall: () => clock.now,
      timeout: 1000,
      maxKeys: 10,
      wasDamaged: () => false,
    })
  const [one, other] = [open(), open()]
  t.is((await one.take([{ key: '', costs: [1, 90] }])).decisions.length, 1)
  const { decisions, wait } = await other.take([{ key: '', costs: [1, 90] }])
  t.deepEqual(decisions, [])
  t.true(wait > 47_000 && wait <= 48_000, `${wait}`)
  // Of the calls only one was taken.
  t.is((await other.take(Array.from({ length: 9 }, () => ({ key: '', costs: [1, 0] })))).decisions.length, 4)
  one.correct('', [0, -80])
  await one.flush()
  clock.now += 6000
  t.is((await other.take([{ key: '', costs: [1, 90] }])).decisions.length, 1)
})

test('a file without a limit is reported, and counts as a limit that was just used up', async t => {
  const memory = createMemory()
  let foreign = 0
  const limit = createSharedLimit({
    store: createMemoryStore(memory, () => 1_790_000_000_000),
    limits: [{ text: singleRate, limit: createLimit(1, 1000), interval: 1000 }],
    wall: () => 1_790_000_000_000,
    timeout: 1000,
    maxKeys: 10,
    wasDamaged: () => false,
    onForeign: () => void foreign++,
  })
  await createMemoryStore(memory).update(() => ({ value: { v: 1, state: 'open' }, result: undefined }))
  t.is((await limit.take([{ key: '', costs: [1] }])).decisions.length, 0)
  t.is(foreign, 1)
})

test('after the clock was set back the limit refills from then on, and that is stored', async t => {
  for (const back of [1000, 60_000, 3_600_000, 86_400_000]) {
    const { clock, take, memory } = createHarness(10, 60_000)
    await take('', 1, 1)
    clock.now -= back
    const { slots, wait } = await take('', 1, 1)
    t.deepEqual(slots, [])
    t.true(wait <= 6000)
    t.true(String(memory.text).includes(`,${clock.now},`))
    clock.now += wait
    t.deepEqual((await take('', 1, 1)).slots, [clock.now], `back ${back}`)
  }
})

test('a clock that is set forward costs at most what has been earned by then', async t => {
  for (const on of [1000, 60_000, 86_400_000]) {
    const { clock, take } = createHarness(10, 60_000)
    await take('', 1, 1)
    clock.now += on
    const { slots, wait } = await take('', 1, 1)
    t.is(slots.length, on >= 6000 ? 1 : 0)
    t.true(wait <= 6000)
  }
})

// As it was written before a state said what kind it is.
const withoutKind = readFileSync('test/fixtures/states/throttle-without-kind')

test('a state from before there were kinds is read exactly, and written as one of today', async t => {
  const { memory, clock, take } = createHarness(1, 86_400_000)
  memory.text = withoutKind
  clock.now = 1_795_913_094_966 + 86_400_000 - 5000
  t.deepEqual(await take('"a"', 1, 1), { slots: [], wait: 4990, lapse: Number.POSITIVE_INFINITY })
  t.is(memory.text, withoutKind)
  t.is((await take('"7"', 1, 1)).wait, 5003)
  t.is((await take('"new"', 1, 1)).slots.length, 1)
  const { kind, limits } = JSON.parse(String(memory.text))
  t.is(kind, 'limit')
  t.deepEqual(limits[singleRate], [
    ['7', 1_795_913_094_972, 86_400_000],
    ['"a"', 1_795_913_094_966, 86_400_000],
    ['"ü"', 1_795_913_094_974, 86_400_000],
    ['"7"', 1_795_913_094_979, 86_400_000],
    ['null', 1_795_913_094_986, 86_400_000],
    ['"new"', clock.now, 86_400_000],
  ])
})

test('what only looks like a state from before there were kinds is none', t => {
  t.deepEqual(readLimitTexts(JSON.parse(String(withoutKind))), [singleRate])
  for (const value of [
    { v: 1 },
    { v: 1, keys: {} },
    { v: 1, keys: { a: [1] } },
    { v: 1, keys: { a: [1, 2, 3] } },
    { v: 1, keys: { a: [1, '2'] } },
    { v: 1, keys: { a: [1, -2] } },
    { v: 1, keys: [[1, 2]] },
    { v: 1, keys: { a: [1, 2] }, mine: true },
    { v: 1, kind: 'breaker', keys: { a: [1, 2] } },
  ]) {
    t.is(readLimitTexts(value), undefined, JSON.stringify(value))
  }
})

test('processes whose clocks differ by 3 s share fairly, and the bound holds', async t => {
  const memory = createMemory()
  const clock = { now: 1_790_000_000_000 }
  const offsets = [-3000, 3000, -3000, 3000]
  const limits = offsets.map(offset =>
    createSharedLimit({
      store: createMemoryStore(memory, () => clock.now),
      limits: [{ text: singleRate, limit: createLimit(10, 1000), interval: 100 }],
      wall: () => clock.now + offset,
      timeout: 1000,
      maxKeys: 1,
      wasDamaged: () => false,
      onSetBack: () => t.fail('No clock was set back'),
    }),
  )
  const passed = limits.map(() => 0)
  const used: number[] = []
  for (let round = 0; round < 4000; round++) {
    const index = (round * 7 + Math.floor(round / 4)) % limits.length
    const { decisions } = await (limits[index] as SharedLimit).take([{ key: '', costs: [1] }])
    const [decision] = decisions
    if (decision !== undefined && 'at' in decision) {
      used.push(decision.at - (offsets[index] ?? 0))
      passed[index] = (passed[index] ?? 0) + 1
    }
    clock.now += 5
  }
  t.true(Math.max(...passed) <= 3 * Math.min(...passed), passed.join())
  t.true(used.length >= 195 && used.length <= 1 + (20_000 + 10) / 100, String(used.length))
  for (const [index, at] of used.entries()) if (index > 0) t.true(at - (used[index - 1] ?? 0) >= 90)
})
