import test from 'ava'
import { admit, force, initial, isOpen, settle } from '../../../src/core/breaker/breaker.js'
import { load } from '../../../src/core/breaker/load.js'
import type { Breaker } from '../../../src/core/breaker/model.js'
import { type BreakerOptions, configOf, createBreakerOptions } from '../../../src/core/breaker/options.js'
import { save } from '../../../src/core/breaker/save.js'
import { nameState } from '../../../src/core/breaker/state.js'
import { Failure } from '../../../src/core/failure.js'

const start = 1_790_000_000_000
const hour = 3_600_000
const optionsOf = (given: Partial<BreakerOptions> = {}) =>
  createBreakerOptions({ name: 'api', by: 'host-a:4711', random: () => 0.5, ...given })
const writer = { host: 'host-a', pid: 4711, started: start - 1000, version: '1.0.0' }
const failing = (times: number, given: Partial<BreakerOptions> = {}) => {
  const breaker = initial(optionsOf(given), start)
  for (let count = 0; count < times; count++)
    settle(
      breaker,
      1,
      start + count,
      'failure',
      0,
      new Failure('http_status', 'transient', 'Answered 503', { status: 503 }),
    )
  return breaker
}
const reload = (breaker: Breaker, now: number, given: Partial<BreakerOptions> = {}) =>
  load(save(breaker, writer, start + 100), optionsOf(given), now)

test('a saved breaker has the documented form', t => {
  const breaker = failing(12)
  const { hash } = configOf(optionsOf())
  const config = {
    hash,
    fail_rate: 0.5,
    window: '100/60s',
    open_for: '30s..5m',
    min_calls: 10,
    consecutive: 10,
    slow: null,
    probes: 3,
    max_open_ms: 300_000,
  }
  t.deepEqual(JSON.parse(save(breaker, writer, start + 100)), {
    v: 1,
    name: 'api',
    rev: 1,
    gen: 2,
    state: 'open',
    since: start + 9,
    until: start + 30_009,
    reopened: 0,
    reason: { rule: 'fail_rate', value: 1, limit: 0.5, calls: 10, by: 'host-a:4711' },
    override: null,
    window: {
      bucket_ms: 6000,
      buckets: [{ t: Math.floor(start / 6000), ok: 0, fail: 10, slow: 0 }],
      last: Array.from({ length: 10 }, (_, index) => [start + index, 1]),
      began: start,
    },
    probe: { need: 3, ok: 0, lease: null },
    counters: { ok: 0, fail: 10, rejected: 0, late: 2 },
    errors: [{ kind: 'http_status', status: 503, time: start + 9, message: 'Answered 503', n: 10 }],
    streak: 10,
    config,
    settings: config,
    writer: { ...writer, settings: config },
    updated: start + 100,
  })
})

test('the largest state stays around 8 KiB', t => {
  const breaker = initial(
    optionsOf({ window: { count: 300, time: 60_000 }, minCalls: 1000, failRate: undefined }),
    start,
  )
  for (let exit = 0; exit < 400; exit++)
    settle(
      breaker,
      1,
      start + exit * 100,
      'failure',
      0,
      new Failure('exit', 'permanent', '€'.repeat(300), { exit: exit % 9 }),
    )
  t.true(Buffer.byteLength(save(breaker, writer, start)) < 10 * 1024)
})

test('loading counts the revision and changes nothing else', t => {
  const text = save(failing(5), writer, start + 100)
  const { breaker, warnings, effects, status } = load(text, optionsOf(), start + 200)
  t.is(status, 'loaded')
  t.deepEqual([warnings, effects], [[], []])
  t.is(breaker.rev, 1)
  t.is(breaker.window.failed, 5)
  t.is(breaker.updated, start + 100)
})

test('loading drops nothing: what is too old is told by the next call', t => {
  for (const later of [60_000, 60_002, hour]) t.is(reload(failing(5), start + later).breaker.window.calls, 5)
  for (const [later, calls] of [
    [60_004, 6],
    [60_015, 1],
  ] as const) {
    const { breaker } = reload(failing(5), start + later)
    settle(breaker, 1, start + later, 'failure', 10)
    t.is(breaker.window.calls, calls)
  }
})

test('open stays open however long ago: its probe is due', t => {
  for (const later of [60_000, hour, 100 * hour]) {
    const { breaker } = reload(failing(10), start + later)
    t.is(nameState(breaker.machine), 'open')
    t.is(admit(breaker, start + later).kind, 'probe')
  }
})

test('half open with a dead lease loads as open with the same pause, by everybody alike', t => {
  const breaker = failing(10)
  admit(breaker, start + 40_000)
  t.like(reload(breaker, start + 74_999).breaker.machine, { state: 'half_open', generation: 3 })
  for (const random of [0, 0.9]) {
    const loaded = reload(breaker, start + 75_000 + random * 1000, { random: () => random })
    t.like(loaded.breaker.machine, { state: 'open', generation: 4, since: start + 75_000, until: start + 105_000 })
    t.like(loaded.effects, [{ to: 'open', reason: { rule: 'lease_expired' } }])
  }
})

test('half open between two probes loads as it was', t => {
  const breaker = failing(10)
  admit(breaker, start + 40_000)
  settle(breaker, 3, start + 40_000, 'ok')
  const { machine } = reload(breaker, start + 50 * 60_000).breaker
  t.like(machine, { state: 'half_open', succeeded: 1, lease: null })
})

test('after the clock was set back the pause starts again, with a message', t => {
  const breaker = failing(10)
  for (const back of [2000, 9 * 60_000, hour, 24 * hour]) {
    const { effects, breaker: loaded } = reload(breaker, start - back)
    t.like(effects, [{ type: 'clock', at: start - back }])
    t.is(effects.length, 1)
    t.like(loaded.machine, { state: 'open', generation: 2, since: start - back, until: start - back + 30_000 })
    const stored = load(save(loaded, writer, start - back), optionsOf(), start - back)
    t.deepEqual(stored.effects, [])
  }
  t.deepEqual(reload(breaker, start - 900).effects, [])
})

test('states set by hand last until their own end, whatever the time to live', t => {
  const open = initial(optionsOf(), start)
  force(open, start, 'open', start + 48 * hour, 'migration')
  t.is(nameState(reload(open, start + 47 * hour).breaker.machine), 'forced_open')
  t.true(isOpen(reload(open, start + 47 * hour).breaker, start + 47 * hour))
  t.deepEqual(reload(open, start + 47 * hour).warnings, [])
  t.like(reload(open, start + 48 * hour).effects, [{ from: 'forced_open', to: 'open' }])
  const closed = initial(optionsOf(), start)
  force(closed, start, 'closed', start + 48 * hour, '')
  t.is(nameState(reload(closed, start + 47 * hour).breaker.machine), 'forced_closed')
  t.like(reload(closed, start + 48 * hour).effects, [{ from: 'forced_closed', to: 'closed' }])
})

test('the time to live drops a closed window, and lets an open circuit be probed', t => {
  const window = { count: 100, time: undefined }
  const closed = failing(5, { window })
  t.is(reload(closed, start + 24 * hour, { window }).breaker.window.calls, 5)
  t.is(reload(closed, start + 24 * hour + 101, { window }).breaker.window.calls, 0)
  const open = failing(10)
  const ttl = 1000
  t.like(reload(open, start + 5000, { ttl }).breaker.machine, { state: 'open', until: start + 5000 })
  t.like(reload(open, start + 5000).breaker.machine, { state: 'open', until: start + 30_009 })
})

test('other thresholds: one warning, the same window, and the state is obeyed', t => {
  const closed = reload(failing(5), start + 200, { failRate: 0.9 })
  t.is(closed.warnings.length, 1)
  t.regex(
    closed.warnings[0] as string,
    /--window 100\/60s --min-calls 10 --fail-rate 50% --consecutive 10 --open-for 30s\.\.5m/,
  )
  t.is(closed.breaker.window.calls, 5)
  const open = reload(failing(10), start + 200, { failRate: 0.9 }).breaker
  t.is(admit(open, start + 200).kind, 'wait')
})

test('a window of other settings that is not used any more is replaced', t => {
  const given = { window: { count: 20, time: 30_000 } }
  const used = reload(failing(5), start + 200, given).breaker
  t.is(JSON.parse(save(used, writer, start)).window.last.length, 5)
  const unused = reload(failing(5), start + hour, given).breaker
  t.like(JSON.parse(save(unused, writer, start)), { config: { window: '20/30s' }, window: { last: [] } })
})

test('a newer version is left alone', t => {
  const { status, breaker, warnings } = load('{"v":2,"state":"ajar"}', optionsOf(), start)
  t.is(status, 'newer')
  t.is(nameState(breaker.machine), 'closed')
  t.regex(warnings[0] as string, /version 2.*left alone; breaker api starts closed/)
})

const whole = JSON.parse(save(failing(10), writer, start))
const bad: [string, string, RegExp][] = [
  ['nothing', '', /cannot be read/],
  ['half a file', JSON.stringify(whole).slice(0, 100), /cannot be read/],
  ['a list', '[]', /JSON object/],
  ['no version', '{}', /`v`/],
  ['version 0', '{"v":0}', /`v`/],
  ['an unknown state', JSON.stringify({ ...whole, state: 'ajar' }), /`state` should be one of closed, open, half_open/],
  ['no end of the pause', JSON.stringify({ ...whole, until: null }), /`until` should be a number/],
  ['half a generation', JSON.stringify({ ...whole, gen: 1.5 }), /`gen` should be a whole number/],
  ['a missing list', JSON.stringify({ ...whole, errors: {} }), /`errors` should be a list/],
  ['a bad outcome', JSON.stringify({ ...whole, window: { ...whole.window, last: [[1, 4]] } }), /`last`/],
  ['a bad pair', JSON.stringify({ ...whole, window: { ...whole.window, last: [[1]] } }), /`last`/],
  [
    'a bad bucket',
    JSON.stringify({ ...whole, window: { ...whole.window, buckets: [7] } }),
    /`buckets` should be an object/,
  ],
  [
    'an unknown rule',
    JSON.stringify({ ...whole, reason: { ...whole.reason, rule: 'mood' } }),
    /`rule` should be one of/,
  ],
  [
    'a bad lease',
    JSON.stringify({ ...whole, state: 'half_open', probe: { ok: 0, lease: {} } }),
    /`by` should be a text/,
  ],
]
for (const [what, text, message] of bad)
  test(`a state that cannot be read starts closed with a warning: ${what}`, t => {
    const { status, breaker, warnings } = load(text, optionsOf(), start)
    t.is(status, 'unreadable')
    t.is(nameState(breaker.machine), 'closed')
    t.regex(warnings[0] as string, message)
  })

test('no field of a state can be left out or be anything without being noticed or harmless', t => {
  for (const key of Object.keys(whole))
    for (const value of [undefined, null, 'x', -1, {}, []]) {
      const { breaker } = load(JSON.stringify({ ...whole, [key]: value }), optionsOf(), start + 1)
      t.notThrows(() => save(breaker, writer, start))
      t.true(['call', 'wait', 'probe'].includes(admit(breaker, start + 1).kind))
    }
})
