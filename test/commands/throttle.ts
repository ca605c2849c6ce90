import test from 'ava'
import type { Shared } from '../../src/cli/stream/stage.js'
import { weighedRate } from '../../src/cli/values/rate.js'
import { define } from '../../src/commands/throttle.js'
import { parsePath } from '../../src/core/json/path.js'
import { createLimit } from '../../src/core/rules/gcra.js'
import { createLeadingEdge } from '../../src/processors/throttle/leading-edge.js'
import { createThrottle, type ThrottleOptions } from '../../src/processors/throttle.js'
import { streamz } from '../helpers/cli.js'
import { type Arrival, type DriveOptions, drive } from '../helpers/processor.js'

/** Two a second unless told otherwise. */
const run = (
  arrivals: readonly Arrival[],
  { count = 2, burst = 1, ...options }: Partial<ThrottleOptions> & { count?: number; burst?: number } = {},
  drives: DriveOptions = {},
) =>
  drive(
    context =>
      createThrottle(
        { limit: createLimit(count, 1000, burst), mode: 'delay', maxKeys: 10, cost: 'record', ...options },
        context,
      ),
    arrivals,
    drives,
  )

/** Moments to 10 ms: the tolerance of the limit, which makes up for coarse timers. */
const roughly = (out: readonly (readonly [number, string])[]) =>
  out.map(([at, line]) => [Math.ceil(Math.round(at) / 10) * 10, line])

test('throttle spaces records that come at once', async t => {
  const { out, delivered } = await run([[0, '1', '2', '3', '4']])
  t.deepEqual(roughly(out), [
    [0, '1'],
    [490, '2'],
    [990, '3'],
    [1490, '4'],
  ])
  t.is(delivered, 4)
})

test('throttle does not delay records that come slower than the rate', async t => {
  const { out } = await run([
    [0, '1'],
    [600, '2'],
    [1200, '3'],
  ])
  t.deepEqual(out, [
    [0, '1'],
    [600, '2'],
    [1200, '3'],
  ])
})

test('throttle lets a burst pass after a pause', async t => {
  const { out } = await run(
    [
      [0, '1', '2', '3'],
      [5000, '4', '5', '6'],
    ],
    { burst: 2 },
  )
  t.deepEqual(
    out.map(([at]) => (at < 10 ? 'at once' : at < 1000 ? 'later' : at < 5010 ? 'at once' : 'later')),
    ['at once', 'at once', 'later', 'at once', 'at once', 'later'],
  )
})

test('throttle holds a limit for each key and keeps the order of the input', async t => {
  const { out } = await run([[0, '{"k":"a","n":1}', '{"k":"a","n":2}', '{"k":"b","n":3}']], { key: parsePath('.k') })
  t.deepEqual(
    roughly(out).map(([at, line]) => [at, JSON.parse(String(line)).n]),
    [
      [0, 1],
      [490, 2],
      [490, 3],
    ],
  )
})

test('throttle knows a key however it is written', async t => {
  const { out } = await run([[0, '{"k":"a"}', '{"k":"\\u0061"}']], { key: parsePath('.k'), mode: 'drop' })
  t.is(out.length, 1)
})

for (const [one, other] of [
  ['10', '1e1'],
  ['1', '1.0'],
  ['0', '-0'],
  ['{"a":1,"b":[]}', '{ "b" : [ ] , "a" : 1.0 }'],
]) {
  test(`throttle takes ${one} and ${other} for one key`, async t => {
    const { out } = await run([[0, `{"k":${one}}`, `{"k":${other}}`]], { key: parsePath('.k'), mode: 'drop' })
    t.deepEqual(
      out.map(([, line]) => line),
      [`{"k":${one}}`],
    )
  })
}

test('throttle takes several fields together for a key', async t => {
  const lines = ['{"a":1,"b":2}', '{"a":1.0,"b":2}', '{"a":1,"b":3}', '{"a":"1","b":2}', '{"a":1}']
  const { out, rejected } = await run([[0, ...lines]], { key: ['.a', '.b'].map(parsePath), mode: 'drop' })
  t.deepEqual(
    out.map(([, line]) => line),
    [lines[0], lines[2], lines[3]],
  )
  t.deepEqual(rejected, [{ at: 0, kind: 'field', line: '{"a":1}' }])
})

test('throttle may pass a record without a key uncounted, or drop it', async t => {
  const lines = ['{"n":1}', '{"k":1,"n":2}', '{"n":3}']
  const passed = await run([[0, ...lines]], { key: parsePath('.k'), missing: 'pass' })
  t.deepEqual(
    passed.out,
    lines.map(line => [0, line]),
  )
  const dropped = await run([[0, ...lines]], { key: parsePath('.k'), missing: 'drop' })
  t.deepEqual(dropped.out, [[0, lines[1]]])
  t.deepEqual([dropped.filtered, dropped.events, dropped.rejected], [2, [], []])
})

test('throttle --mode drop counts what it drops and never waits', async t => {
  const { out, filtered, events } = await run(
    [
      [0, '1', '2', '3'],
      [600, '4'],
    ],
    { mode: 'drop' },
  )
  t.deepEqual(out, [
    [0, '1'],
    [600, '4'],
  ])
  t.is(filtered, 2)
  t.deepEqual(events, ['throttle.drop', 'throttle.drop'])
})

test('throttle --mode reject fails a record that comes too soon', async t => {
  const { out, rejected } = await run(
    [
      [0, '1', '2'],
      [600, '3'],
    ],
    { mode: 'reject' },
  )
  t.deepEqual(out, [
    [0, '1'],
    [600, '3'],
  ])
  t.deepEqual(rejected, [{ at: 0, kind: 'throttled', line: '2' }])
})

test('throttle --max-wait fails what would wait longer', async t => {
  const short = await run([[0, '1', '2', '3']], { maxWait: 600 })
  t.deepEqual([short.out.length, short.rejected.length], [3, 0])
  const long = await run([[0, '{"k":1,"n":9}', '{"k":1,"n":1}', '{"k":2,"n":1}']], {
    key: parsePath('.k'),
    cost: parsePath('.n'),
    maxWait: 600,
  })
  t.deepEqual(
    long.out.map(([at, line]) => [at, line]),
    [
      [0, '{"k":1,"n":9}'],
      [0, '{"k":2,"n":1}'],
    ],
  )
  t.deepEqual(
    long.rejected.map(({ kind, line }) => [kind, line]),
    [['throttled', '{"k":1,"n":1}']],
  )
})

test('throttle --cost weighs a record by a number in it', async t => {
  const { out } = await run([[0, '{"n":1}', '{"n":4}', '{"n":0}', '{"n":1}']], { cost: parsePath('.n'), burst: 4 })
  t.deepEqual(
    roughly(out).map(([at]) => at),
    [0, 490, 500, 1000],
  )
})

test('throttle counts bytes without the newline', async t => {
  const { out } = await run([[0, '12345', '12345', '1']], { count: 10, burst: 10, cost: 'bytes' })
  t.deepEqual(
    out.map(([at]) => at < 10),
    [true, true, false],
  )
})

for (const [line, kind] of [
  ['{"n":"x"}', 'field'],
  ['{"n":-1}', 'field'],
  ['{}', 'field'],
  ['no', 'parse'],
] as const) {
  test(`throttle --cost .n fails ${line}`, async t => {
    const { out, rejected } = await run([[0, line, '{"n":1}']], { cost: parsePath('.n') })
    t.deepEqual(rejected, [{ at: 0, kind, line }])
    t.deepEqual(out, [[0, '{"n":1}']])
  })
}

/** What the command makes of its flags, on a clock of its own. */
const runFlags = (flags: object, arrivals: readonly Arrival[]) => {
  const stage = define().prepare({ operands: [[]], flags: { mode: 'delay', ...flags }, rest: undefined })
  if (typeof stage === 'function') throw new TypeError('throttle is a stage')
  return drive(context => stage.create({} as Shared, context), arrivals)
}

const inSecond = (out: readonly (readonly [number, string])[], until = 1000) => out.filter(([at]) => at < until).length

for (const [tokens, ideal] of [
  [10, 500],
  [200, 2000],
] as const) {
  test(`throttle keeps both of two rates when a record weighs ${tokens}`, async t => {
    const rate = [weighedRate('2/s'), weighedRate('100/s of .tokens')]
    const records = Array.from({ length: 20 }, () => `{"tokens":${tokens}}`)
    const { out } = await runFlags({ rate }, [[0, ...records]])
    t.is(out.length, 20)
    // The tighter one of the two decides.
    for (const [index, [at]] of out.entries()) t.true(Math.abs(at - index * ideal) <= 20, `${index} left at ${at}`)
    t.true(inSecond(out) <= 1000 / ideal + 1)
  })
}

test('throttle takes all rates of a record or none', async t => {
  const rate = [weighedRate('1/s of .a'), weighedRate('1/s of .b')]
  const wants = ['{"a":1,"b":0}', '{"a":1,"b":1}', '{"a":0,"b":1}', '{"a":0,"b":0}']
  const { out } = await runFlags({ rate, mode: 'drop' }, [
    [0, ...wants],
    [1000, ...wants],
  ])
  // The second would take of .b, but for .a: so the third has it.
  t.deepEqual(
    out.map(([at, line]) => [at, line]),
    [0, 1000].flatMap(at => [wants[0], wants[2], wants[3]].map(line => [at, line])),
  )
})

test('throttle keeps several rates for each key, and forgets all of a key at once', async t => {
  const rate = [weighedRate('1/h'), weighedRate('9/h of .n burst 9')]
  const of = (key: number, n: number) => `{"k":${key},"n":${n}}`
  const lines = [of(1, 1), of(1, 1), of(2, 10), of(2, 1), of(3, 1), of(1, 1), of(1, 1)]
  const { out } = await runFlags({ rate, mode: 'drop', key: parsePath('.k'), maxKeys: 2 }, [[0, ...lines]])
  t.deepEqual(
    out.map(([, line]) => line),
    [of(1, 1), of(2, 10), of(3, 1), of(1, 1)],
  )
})

test('throttle weighs bytes and a number in the record side by side', async t => {
  const rate = [weighedRate('7B/s burst 7'), weighedRate('1/s of .n')]
  const { out } = await runFlags({ rate }, [[0, '{"n":1}', '{"n":0}', '{"n":0}']])
  t.deepEqual(roughly(out), [
    [0, '{"n":1}'],
    [990, '{"n":0}'],
    [1990, '{"n":0}'],
  ])
})

test('throttle fails a record that lacks the cost field of one of several rates', async t => {
  const rate = [weighedRate('1000/s'), weighedRate('1000/s of .n')]
  const { out, rejected } = await runFlags({ rate }, [[0, '{}', '{"n":1}']])
  t.deepEqual(rejected, [{ at: 0, kind: 'field', line: '{}' }])
  t.deepEqual(out, [[0, '{"n":1}']])
})

test('throttle ends its wait when the run is cut short', async t => {
  const { out, taken } = await run([[0, '1', '2', '3']], { count: 0.001 }, { cutAt: 100 })
  t.deepEqual(out, [[0, '1']])
  t.is(taken, 1)
})

test('throttle --mode first passes the leading edge', async t => {
  const { out, filtered } = await drive(
    context => createLeadingEdge({ every: 500 }, context),
    [
      [0, '1', '2'],
      [499, '3'],
      [500, '4', '5'],
      [2000, '6'],
    ],
  )
  t.deepEqual(out, [
    [0, '1'],
    [500, '4'],
    [2000, '6'],
  ])
  t.is(filtered, 3)
})

for (const args of [
  [],
  ['--rate', '10'],
  ['--rate', '0/s'],
  ['--rate', '5/s', '--every', '1s'],
  ['--rate', '5/s', '--max-keys', '5'],
  ['--rate', '5MB/s', '--cost', '.n'],
  ['--rate', '5/s', '--mode', 'drop', '--max-wait', '1s'],
  ['--mode', 'first', '--every', '1s', '--key', '.k'],
  ['--rate', '5/s', '--burst', '0'],
  ['--rate', '5/s burst 2', '--burst', '2'],
  ['--rate', '5/s of .n', '--cost', '.n'],
  ['--rate', '5/s', '--rate', '50/m', '--burst', '2'],
  ['--rate', '5/s', '--rate', '50/m', '--cost', '.n'],
  ['--rate', '5/s', '--rate', '50'],
  ['--mode', 'first', '--every', '1s', '--rate', '5/s', '--rate', '50/m'],
  ['--rate', '5/s', '--mode', 'dleay'],
  ['--rte', '5/s'],
]) {
  test(`throttle ${args.join(' ')} is refused`, async t => {
    const { stdout, stderr, exitCode } = await streamz(t, ['throttle', ...args], { stdin: '1\n' })
    t.deepEqual([exitCode, String(stdout)], [2, ''])
    t.regex(stderr, /^streamz throttle: .*\nSee: streamz help throttle\n$/s)
  })
}
