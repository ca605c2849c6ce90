import test from 'ava'
import { parsePath } from '../../src/core/json/path.js'
import { createDebounce, type DebounceOptions } from '../../src/processors/debounce.js'
import { readSummary } from '../helpers/account.js'
import { start, streamz } from '../helpers/cli.js'
import fc from '../helpers/fast-check.js'
import { type Arrival, type DriveOptions, drive } from '../helpers/processor.js'

const byKey = { key: [parsePath('.k')] }

const run = (options: Partial<DebounceOptions>, arrivals: readonly Arrival[], driven: DriveOptions = {}) =>
  drive(context => createDebounce({ quiet: 100, maxKeys: 1000, maxBytes: 1e6, ...options }, context), arrivals, driven)

test('debounce passes the last record of a burst when it is over', async t => {
  const { out, filtered, delivered } = await run({}, [[0, '1', '2'], [60, '3'], [150, '4'], [300, '5'], [1000]])
  t.deepEqual(out, [
    [250, '4'],
    [400, '5'],
  ])
  t.deepEqual([filtered, delivered], [3, 2])
})

test('a record that comes when the one before is due does not replace it', async t => {
  const { out, filtered } = await run({}, [[0, '1'], [100, '2'], [1000]])
  t.deepEqual(out, [
    [100, '1'],
    [200, '2'],
  ])
  t.is(filtered, 0)
})

test('each key is on its own', async t => {
  const { out } = await run({ by: byKey }, [[0, '{"k":1,"n":1}', '{"k":2,"n":2}'], [50, '{"k":1.0,"n":3}'], [1000]])
  t.deepEqual(out, [
    [100, '{"k":2,"n":2}'],
    [150, '{"k":1.0,"n":3}'],
  ])
})

test('an endless burst is cut by --max-wait', async t => {
  const arrivals = Array.from({ length: 10 }, (_, n) => [n * 50, String(n)] as const)
  const { out } = await run({ maxWait: 220 }, [...arrivals, [1000]])
  t.deepEqual(out, [
    [220, '4'],
    [470, '9'],
  ])
})

test('the end and a signal emit held records, oldest first', async t => {
  const arrivals: Arrival[] = [
    [0, '{"k":1}', '{"k":2}'],
    [50, '{"k":1,"n":2}'],
  ]
  const wanted = [
    [50, '{"k":2}'],
    [50, '{"k":1,"n":2}'],
  ]
  t.deepEqual((await run({ by: byKey }, arrivals)).out, wanted)
  const cut = await run({ by: byKey }, [...arrivals, [90, '{"k":3}']], { cutAt: 60 })
  t.deepEqual(
    cut.out.map(([at, line]) => [at - 10, line]),
    wanted,
  )
})

test('when keys or bytes run out, the record that was quiet longest leaves early', async t => {
  const arrivals: Arrival[] = [[0, '{"k":1}', '{"k":2}', '{"k":1,"n":2}', '{"k":3}'], [1000]]
  for (const limit of [{ maxKeys: 2 }, { maxBytes: 24 }]) {
    const { out, filtered } = await run({ by: byKey, ...limit }, arrivals)
    t.deepEqual(out, [
      [0, '{"k":2}'],
      [100, '{"k":1,"n":2}'],
      [100, '{"k":3}'],
    ])
    t.is(filtered, 1)
  }
})

test('a record without the key fails, passes at once or is dropped', async t => {
  const arrivals: Arrival[] = [[0, '{}', '{"k":1}', 'no'], [1000]]
  const failed = await run({ by: byKey }, arrivals)
  t.deepEqual(
    failed.rejected.map(({ kind, line }) => [kind, line]),
    [
      ['field', '{}'],
      ['parse', 'no'],
    ],
  )
  const passed = await run({ by: { ...byKey, missing: 'pass' } }, arrivals)
  t.deepEqual(passed.out, [
    [0, '{}'],
    [100, '{"k":1}'],
  ])
  const dropped = await run({ by: { ...byKey, missing: 'drop' } }, arrivals)
  t.deepEqual([dropped.out.length, dropped.filtered], [1, 1])
})

test('while the reader sleeps no more is taken', async t => {
  const { out } = await run({ quiet: 10 }, [[0, '1'], [50, '2'], [60, '3'], [70, '4'], [9000]], { slow: 1000 })
  t.deepEqual(out, [
    [10, '1'],
    [60, '2'],
    // Taken when the reader had taken the first.
    [1020, '3'],
    [1070, '4'],
  ])
})

type Held = { line: string; first: number; last: number }

/** What a table of all keys, looked at every millisecond, would do. */
const debounceNaively = (
  arrivals: readonly (readonly [at: number, key: number, line: string])[],
  {
    quiet,
    maxWait = Number.POSITIVE_INFINITY,
    maxKeys,
  }: { quiet: number; maxWait?: number | undefined; maxKeys: number },
) => {
  const out: (readonly [number, string])[] = []
  const held = new Map<number, Held>()
  const due = ({ first, last }: Held) => Math.min(first + maxWait, last + quiet)
  const leave = (key: number, at: number) => {
    out.push([at, held.get(key)?.line ?? ''])
    held.delete(key)
  }
  let now = 0
  const last = arrivals.at(-1)?.[0] ?? 0
  let next = 0
  for (; now <= last; now++) {
    const over = [...held].filter(([, one]) => due(one) <= now)
    for (const [key] of over) leave(key, now)
    for (; arrivals[next]?.[0] === now; next++) {
      const [, key, line] = arrivals[next] as (typeof arrivals)[number]
      const known = held.get(key)
      // The one that was used last stands last.
      held.delete(key)
      if (known === undefined && held.size === maxKeys) leave([...held.keys()][0] as number, now)
      held.set(key, { line, first: known?.first ?? now, last: now })
    }
  }
  for (const key of [...held.keys()]) leave(key, last)
  return out
}

test('debounce by key does what a naive table would do, whatever comes when', async t => {
  const arrival = fc.tuple(fc.nat(30), fc.nat(4))
  const options = fc.record({
    quiet: fc.integer({ min: 1, max: 40 }),
    maxWait: fc.option(fc.integer({ min: 1, max: 80 }), { nil: undefined }),
    maxKeys: fc.integer({ min: 1, max: 5 }),
  })
  const order = (out: readonly (readonly [number, string])[]) => out.map(([at, line]) => `${at} ${line}`).toSorted()
  await fc.assert(
    fc.asyncProperty(fc.array(arrival, { maxLength: 40 }), options, async (gaps, limits) => {
      let at = 0
      const arrivals = gaps.map(([gap, k], n) => {
        at += gap
        return [at, k, JSON.stringify({ k, n })] as const
      })
      const { out, filtered, delivered } = await run(
        { ...limits, by: byKey },
        arrivals.map(([time, , line]) => [time, line] as const),
        { until: at + 1 },
      )
      t.deepEqual(order(out), order(debounceNaively(arrivals, limits)))
      t.is(filtered + delivered, arrivals.length)
    }),
  )
})

test('debounce lets a record out while the input stays open', async t => {
  const { child, finished } = start(t, ['debounce', '5ms'])
  child.stdin.write('{"n":1}\n{"n" : 2}\n')
  const [first] = await new Promise<Buffer[]>(seen => child.stdout.once('data', (...data) => seen(data)))
  t.is(String(first), '{"n" : 2}\n')
  child.stdin.end('{"n":3}\n')
  t.is(String((await finished).stdout), '{"n" : 2}\n{"n":3}\n')
})

test('debounce emits held records at SIGTERM', async t => {
  const args = ['debounce', '1h', '--key', '.', '--max-keys', '2', '--summary', 'summary.json']
  const { child, finished, cwd } = start(t, args)
  child.stdin.write('1\n2\n1.0\n3\n')
  // The first that leaves early is the sign that all have been read.
  await new Promise(seen => child.stdout.once('data', seen))
  child.kill('SIGTERM')
  const { stdout, exitCode } = await finished
  t.is(exitCode, 143)
  t.is(String(stdout), '2\n1.0\n3\n')
  t.like(readSummary(cwd), { read: 4, delivered: 3, filtered: 1, undelivered: 0 })
})

for (const args of [
  [],
  ['soon'],
  ['1s', '--max-keys', '5'],
  ['1s', '--missing', 'pass'],
  ['1s', '--key', '.k', '--max-keys', '0'],
]) {
  test(`debounce ${args.join(' ')} is refused`, async t => {
    const { exitCode, stdout, stderr } = await streamz(t, ['debounce', ...args], { stdin: '1\n' })
    t.deepEqual([exitCode, String(stdout)], [2, ''])
    t.regex(stderr, /^streamz debounce: /)
  })
}
