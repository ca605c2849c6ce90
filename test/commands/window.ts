import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { parseAggregates } from '../../src/core/aggregates/parse.js'
import { parsePath } from '../../src/core/json/path.js'
import { createWindows, type WindowOptions } from '../../src/processors/window.js'
import { readSummary } from '../helpers/account.js'
import { pipeline, records, start, streamz } from '../helpers/cli.js'
import { kindsIn } from '../helpers/flags.js'
import { type Arrival, type DriveOptions, drive } from '../helpers/processor.js'
import { makeFolder } from '../helpers/temporary-folder.js'

const run = (options: Partial<WindowOptions>, arrivals: readonly Arrival[], driven: DriveOptions = {}) =>
  drive(
    context =>
      createWindows(
        { span: { size: 1000 }, aggregates: parseAggregates('n=count'), maxKeys: 100, maxBytes: 1e6, ...options },
        context,
      ),
    arrivals,
    driven,
  )

/** When each window left, where it ends in milliseconds of the clock, and how many it holds. */
const short = (out: readonly (readonly [number, string])[]) =>
  out.map(([at, line]) => {
    const { window, n, partial } = JSON.parse(line)
    return [at, Date.parse(window.end) - Date.UTC(2026, 0, 1), n, ...(partial ? ['partial'] : [])]
  })

const time = { path: parsePath('.t'), lateness: 0, maxAhead: Number.POSITIVE_INFINITY }
const at = (ms: number, more = {}) => JSON.stringify({ t: new Date(Date.UTC(2026, 0, 1) + ms).toISOString(), ...more })

test('by arrival a window leaves when the clock reaches its end, without another record', async t => {
  const { out, delivered } = await run({}, [[10, '1', '2'], [999, '3'], [1000, '4'], [5000]])
  t.deepEqual(short(out), [
    [1000, 1000, 3],
    [2000, 2000, 1],
  ])
  t.is(delivered, 4)
})

test('by arrival a session leaves when the gap is over', async t => {
  const { out } = await run({ span: { gap: 100 } }, [[0, '1'], [100, '2'], [300, '3'], [900]])
  t.deepEqual(short(out), [
    [201, 200, 2],
    [401, 400, 1],
  ])
})

test('with --idle time goes on by the clock when nothing comes, and records behind it are late', async t => {
  const arrivals: Arrival[] = [[0, at(500)], [2000, at(2700)], [4000, at(900)], [9000]]
  const stuck = await run({ time }, arrivals, {})
  t.deepEqual(short(stuck.out), [
    [2000, 1000, 1],
    [9000, 3000, 1],
  ])
  const { out, rejected } = await run({ time: { ...time, idle: 300 } }, arrivals)
  t.deepEqual(short(out), [
    [500, 1000, 1],
    [2300, 3000, 1],
  ])
  t.deepEqual(
    rejected.map(({ kind, line }) => [kind, line]),
    [['unmatched', at(900)]],
  )
})

test('a time too far ahead fails and closes nothing', async t => {
  const arrivals: Arrival[] = [[0, at(500), at(7_200_000), at(600)], [50]]
  const { out, rejected } = await run({ time: { ...time, maxAhead: 3_600_000 } }, arrivals)
  t.deepEqual(short(out), [[50, 1000, 2]])
  t.deepEqual(
    rejected.map(({ kind }) => kind),
    ['field'],
  )
})

test('when keys run out records of new ones fail, and known ones are counted', async t => {
  const by = { key: [parsePath('.k')] }
  const lines = ['{"k":1}', '{"k":2}', '{"k":3}', '{"k":2}', '{"k":1.0}']
  const { out, rejected } = await run({ span: 'all', by, maxKeys: 2 }, [[0, ...lines], [10]])
  t.deepEqual(
    out.map(([, line]) => JSON.parse(line)).map(({ key, n }) => [key, n]),
    [
      [1, 2],
      [2, 2],
    ],
  )
  t.deepEqual(
    rejected.map(({ kind, line }) => [kind, line]),
    [['unmatched', '{"k":3}']],
  )
  // When their window is over, keys make room.
  const later = await run({ by, maxKeys: 1 }, [[0, '{"k":1}'], [1500, '{"k":2}'], [3000]])
  t.deepEqual([later.out.length, later.rejected.length], [2, 0])
})

test('when bytes run out records fail until windows have left', async t => {
  const aggregates = parseAggregates('last=last(.v)')
  const long = JSON.stringify({ v: 'x'.repeat(100) })
  const { rejected, out } = await run({ aggregates, maxBytes: 50 }, [[0, long, long], [1500, long], [3000]])
  t.deepEqual([rejected.map(({ kind }) => kind), out.length], [['unmatched'], 2])
})

test('a value of the wrong type fails before anything of its record is counted', async t => {
  const aggregates = parseAggregates('n=count, a=sum(.a), b=max(.b)')
  const { out, rejected } = await run({ span: 'all', aggregates }, [
    [0, '{"a":1,"b":2}', '{"a":1,"b":"2"}', '{"a":[]}', '{"a":null}', '{"b":1e999}', 'no'],
    [10],
  ])
  t.like(JSON.parse(out[0]?.[1] ?? ''), { n: 2, a: 1, b: 2 })
  t.deepEqual(
    rejected.map(({ kind }) => kind),
    ['field', 'field', 'field', 'parse'],
  )
})

const figures = test.macro({
  title: (_, agg: string, values: readonly string[]) => `${agg} of ${values.join(' ').slice(0, 60)}`,
  async exec(t, agg: string, values: readonly string[], wanted: string) {
    const lines = values.map(value => `{"x":${value}}`)
    const { out } = await run({ span: 'all', aggregates: parseAggregates(`y=${agg}`) }, [[0, ...lines], [10]])
    t.is(out[0]?.[1].replace(/^.*?"y":(.*)\}$/, '$1'), wanted)
  },
})

test(figures, 'sum(.x)', ['9007199254740991', '1', '1', '-3'], '9007199254740990')
test(figures, 'sum(.x)', ['9007199254740993', '9007199254740993', '1e3'], '18014398509482986')
test(figures, 'sum(.x)', ['12345678901234567890', '-12345678901234567889'], '1')
test(figures, 'sum(.x)', ['1e100', '1.5', '-1e100'], '1.5')
test(figures, 'sum(.x)', ['null', 'null'], 'null')
test(figures, 'sum(.x)', ['0.5', '-0.5', '7'], '7')
test(figures, 'avg(.x)', ['1', '2', 'null'], '1.5')
test(
  figures,
  'min(.x)',
  ['12345678901234567891', '12345678901234567890', '12345678901234567892'],
  '12345678901234567890',
)
test(
  figures,
  'max(.x)',
  ['12345678901234567891', '12345678901234567892', '12345678901234567890'],
  '12345678901234567892',
)
test(figures, 'max(.x)', ['-2', '-1.50'], '-1.5')
test(figures, 'first(.x)', ['null', '{"a" : 1}', '2'], '{"a" : 1}')
test(figures, 'last(.x)', ['1', '"é\\u0041"', 'null'], '"é\\u0041"')
test(figures, 'distinct(.x)', ['1', '1.0', '"1"', '{"a":1,"b":2}', '{"b":2,"a":1}', 'null'], '3')

test('percentiles are within 1 %, and come from sketches that are loaded for them', async t => {
  const aggregates = parseAggregates('p0=p0(.x), p50=p50(.x), p999=p99.9(.x)')
  const lines = Array.from({ length: 1000 }, (_, n) => `{"x":${((n * 7919) % 1000) + 1}}`)
  const { out } = await run({ span: 'all', aggregates }, [[0, ...lines], [10]])
  const { p0, p50, p999 } = JSON.parse(out[0]?.[1] ?? '')
  for (const [found, wanted] of [
    [p0, 1],
    [p50, 500],
    [p999, 999],
  ]) {
    t.true(Math.abs(found - wanted) <= 0.0101 * wanted, `${found} for ${wanted}`)
  }
})

test('window at SIGTERM lets out what is open, as partial', async t => {
  const args = ['window', '--size', '1h', '--ts', '.t', '--key', '.k', '--summary', 'summary.json']
  const { child, finished, cwd } = start(t, args)
  child.stdin.write('{"t":1000,"k":1}\n{"t":1001,"k":2}\n{"t":9000,"k":1}\n')
  // The window that is over is the sign that all have been read.
  await new Promise(seen => child.stdout.once('data', seen))
  child.kill('SIGTERM')
  const { stdout, exitCode } = await finished
  t.is(exitCode, 143)
  t.deepEqual(
    (records(stdout) as { key: number; n: number; partial?: true }[]).map(({ key, n, partial }) => [key, n, partial]),
    [
      [1, 1, undefined],
      [2, 1, undefined],
      [1, 1, true],
    ],
  )
  t.like(readSummary(cwd), { read: 3, delivered: 3, undelivered: 0 })
})

const visits = [at(0), at(5000), at(1), at(2), at(5001)]

test('late records are appended to a file, and the ledger balances', async t => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 'late.ndjson'), '{"old":1}\n')
  const args = ['window', '--size', '1s', '--ts', '.t', '--late', 'late.ndjson', '--summary', 'summary.json']
  const { exitCode, stdout } = await streamz(t, args, { cwd, stdin: `${visits.join('\n')}\n` })
  t.is(exitCode, 0)
  t.deepEqual(
    (records(stdout) as { n: number }[]).map(({ n }) => n),
    [1, 2],
  )
  t.is(readFileSync(join(cwd, 'late.ndjson'), 'utf8'), `{"old":1}\n${at(1)}\n${at(2)}\n`)
  t.like(readSummary(cwd), { read: 5, delivered: 5, failed: 0, filtered: 0, undelivered: 0, late: 2 })
})

test('without --late they fail, with drop they are filtered', async t => {
  const args = ['window', '--size', '1s', '--ts', '.t', '--summary', 'summary.json']
  const stdin = `${visits.join('\n')}\n`
  const failed = await streamz(t, args, { stdin })
  t.deepEqual([failed.exitCode, kindsIn(failed.stderr)], [1, ['unmatched', 'unmatched']])
  t.like(readSummary(failed.cwd), { read: 5, delivered: 3, failed: 2 })
  const dropped = await streamz(t, [...args, '--late', 'drop'], { stdin })
  t.is(dropped.exitCode, 0)
  t.like(readSummary(dropped.cwd), { read: 5, delivered: 3, filtered: 2, late: 2 })
})

test('epoch seconds with fractions, milliseconds and RFC 3339 name the same minute', async t => {
  const stdin = '{"ts":1318342930.123456}\n{"ts":1318342959999}\n{"ts":"2011-10-11T16:22:10.5+02:00"}\n'
  const { stdout } = await streamz(t, ['window', '--ts', '.ts'], { stdin })
  t.is(String(stdout), '{"window":{"start":"2011-10-11T14:22:00.000Z","end":"2011-10-11T14:23:00.000Z"},"n":3}\n')
})

test('take behind window ends everything upstream', async t => {
  const { exitCode, statuses, stdout } = await pipeline(t, ['yes 1', 'streamz window --count 2', 'streamz take 1'])
  t.is((records(stdout) as { n: number }[])[0]?.n, 2)
  t.deepEqual([exitCode, statuses.at(-1)], [0, 0])
})

for (const args of [
  ['--size', '1m', '--gap', '1m'],
  ['--all', '--slide', '1s'],
  ['--size', '1s', '--slide', '2s'],
  ['--size', '1d', '--slide', '1s'],
  ['--size', '0'],
  ['--count', '0'],
  ['--lateness', '1s'],
  ['--max-ahead', 'off'],
  ['--all', '--ts', '.t', '--late', 'drop'],
  ['--ts', '.t', '--late', '-'],
  ['--missing', 'drop'],
  ['--max-keys', '5'],
  ['--agg', 'count'],
  ['--agg', 'n=cuont'],
  ['--agg', 'n=sum'],
  ['--agg', 'n=count(.x)'],
  ['--agg', 'key=count'],
  ['--agg', 'n=count,n=count'],
  ['--agg', 'p=p101(.x)'],
  ['--agg', 's=sum(.x'],
]) {
  test(`window ${args.join(' ')} is refused`, async t => {
    const { exitCode, stdout, stderr } = await streamz(t, ['window', ...args], { stdin: '1\n' })
    t.deepEqual([exitCode, String(stdout)], [2, ''])
    t.regex(stderr, /^streamz window: /)
  })
}
