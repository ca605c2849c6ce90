import test from 'ava'
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

test('throttle does not hold back what is slower than the rate', async t => {
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

test('throttle --mode reject fails what comes too soon', async t => {
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
  ['--rate', '5/s', '--mode', 'dleay'],
  ['--rte', '5/s'],
]) {
  test(`throttle ${args.join(' ')} is refused`, async t => {
    const { stdout, stderr, exitCode } = await streamz(t, ['throttle', ...args], { stdin: '1\n' })
    t.deepEqual([exitCode, String(stdout)], [2, ''])
    t.regex(stderr, /^streamz throttle: .*\nSee: streamz help throttle\n$/s)
  })
}
