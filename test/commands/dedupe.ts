import test from 'ava'
import { parsePath } from '../../src/core/json/path.js'
import { createChanges, createDedupe, type DedupeOptions } from '../../src/processors/dedupe.js'
import { records, streamz } from '../helpers/cli.js'
import fc from '../helpers/fast-check.js'
import { type Arrival, drive } from '../helpers/processor.js'

const byKey = { key: [parsePath('.k')] }

const run = (options: Partial<DedupeOptions>, arrivals: readonly Arrival[]) =>
  drive(context => createDedupe({ maxKeys: 1000, ...options }, context), arrivals)

const linesOf = (out: readonly (readonly [number, string])[]) => out.map(([, line]) => line)

test('dedupe passes the first of equal records, by their bytes', async t => {
  const lines = ['{"a":1}', '{"a":1.0}', '{"a":1}', 'no json', 'no json', '{"a":1} ']
  const { out, filtered } = await run({}, [[0, ...lines]])
  t.deepEqual(linesOf(out), ['{"a":1}', '{"a":1.0}', 'no json', '{"a":1} '])
  t.is(filtered, 2)
})

test('dedupe by key compares values, however they are written', async t => {
  const lines = [
    '{"k":1}',
    '{"k":1.0}',
    '{"k":"a"}',
    '{"n":2,"k":"\\u0061"}',
    '{"k":{"x":1,"y":2}}',
    '{"k":{"y":2, "x":1}}',
  ]
  const { out } = await run({ by: byKey }, [[0, ...lines]])
  t.deepEqual(linesOf(out), ['{"k":1}', '{"k":"a"}', '{"k":{"x":1,"y":2}}'])
})

test('dedupe --ttl counts from the first record, not from the last', async t => {
  const { out } = await run({ ttl: 100 }, [
    [0, '1'],
    [60, '1'],
    [99, '1'],
    [100, '1', '1'],
    [199, '1'],
    [200, '1'],
  ])
  t.deepEqual(
    out.map(([at]) => at),
    [0, 100, 200],
  )
})

test('dedupe forgets the first seen keys when there are too many', async t => {
  const { out, filtered } = await run({ maxKeys: 2 }, [[0, '1', '2', '1', '3', '1', '3', '2']])
  t.deepEqual(linesOf(out), ['1', '2', '3', '1', '2'])
  t.is(filtered, 2)
})

test('dedupe does what a naive Map would, with a key, a limit and a time to live', async t => {
  const arrivals = fc.array(fc.tuple(fc.nat(40), fc.array(fc.nat(12), { maxLength: 8 })), { maxLength: 30 })
  const options = fc.record({
    maxKeys: fc.integer({ min: 1, max: 12 }),
    ttl: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }),
  })
  await fc.assert(
    fc.asyncProperty(arrivals, options, async (gaps, limits) => {
      let at = 0
      let n = 0
      const all = gaps.map(([gap, keys]) => {
        at += gap
        return { at, lines: keys.map(k => ({ k, line: JSON.stringify({ n: n++, k }) })) }
      })
      const model = new Map<number, number>()
      const wanted: (readonly [number, string])[] = []
      for (const { at: now, lines } of all) {
        for (const { k, line } of lines) {
          for (const [known, since] of model)
            if (limits.ttl !== undefined && since + limits.ttl <= now) model.delete(known)
          if (model.has(k)) continue
          if (model.size === limits.maxKeys) model.delete([...model.keys()][0] as number)
          model.set(k, now)
          wanted.push([now, line])
        }
      }
      const { out, filtered, delivered } = await run(
        { ...limits, by: byKey },
        all.map(one => [one.at, ...one.lines.map(({ line }) => line)] as const),
      )
      t.deepEqual(out, wanted)
      t.is(filtered + delivered, n)
    }),
  )
})

test('dedupe keeps keys apart that come many at once, between records without one', async t => {
  const forms = (n: number) => [`{"k":${n}}`, `{"k":${n}.0}`, `{"k":"\\u006b${n}"}`, '{"n":1}', `{"k":${n}`] as const
  const lines = Array.from({ length: 1500 }, (_, n) => forms((n * 7) % 400)[n % 5] as string)
  const { out, rejected, filtered } = await run({ by: byKey }, [[0, ...lines]])
  const seen = new Set<string>()
  const wanted = lines.filter((line, n) => {
    if (n % 5 > 2) return false
    const key = JSON.stringify(JSON.parse(line).k)
    return !seen.has(key) && seen.add(key)
  })
  t.deepEqual(linesOf(out), wanted)
  t.is(rejected.length, 600)
  t.is(filtered, 900 - wanted.length)
  const whole = await run({}, [[0, ...lines]])
  t.deepEqual(linesOf(whole.out), [...new Set(lines)])
})

test('dedupe --changes drops equal neighbours, as uniq does', async t => {
  const values = fc.array(fc.array(fc.nat(3), { maxLength: 10 }), { maxLength: 10 })
  await fc.assert(
    fc.asyncProperty(values, fc.boolean(), async (portions, isKeyed) => {
      const lines = portions.map(keys => keys.map(k => `{"k":${'1'.repeat(k + 1)}}`))
      const { out } = await drive(
        context => createChanges({ by: isKeyed ? byKey : undefined }, context),
        lines.map((some, at) => [at, ...some] as const),
      )
      t.deepEqual(
        linesOf(out),
        lines.flat().filter((line, index, all) => line !== all[index - 1]),
      )
    }),
  )
})

test('dedupe: a record without the key fails, passes or is dropped', async t => {
  const arrivals: Arrival[] = [[0, '{}', '{"k":1}', 'no', '{}', '{"k":1}']]
  const failed = await run({ by: byKey }, arrivals)
  t.deepEqual(
    failed.rejected.map(({ kind }) => kind),
    ['field', 'parse', 'field'],
  )
  const passed = await run({ by: { ...byKey, missing: 'pass' } }, arrivals)
  t.deepEqual(linesOf(passed.out), ['{}', '{"k":1}', '{}'])
  const dropped = await run({ by: { ...byKey, missing: 'drop' } }, arrivals)
  t.deepEqual([dropped.out.length, dropped.filtered], [1, 3])
})

test('dedupe counts what it drops and what it forgot', async t => {
  const { stdout, stderr, exitCode } = await streamz(t, ['dedupe', '--max-keys', '1', '--summary', '-'], {
    stdin: '1\n1\n2\n1\n',
  })
  t.is(exitCode, 0)
  t.is(String(stdout), '1\n2\n1\n')
  t.like(records(stderr)[0], { read: 4, delivered: 3, filtered: 1, forgotten: 2 })
})

for (const args of [
  ['--max-keys', '0'],
  ['--missing', 'pass'],
  ['--changes', '--ttl', '1s'],
  ['--changes', '--max-keys', '3'],
  ['--changes', '--state', 'seen.keys'],
  ['--key', ''],
  ['--ttl', 'day'],
]) {
  test(`dedupe ${args.join(' ')} is refused`, async t => {
    const { exitCode, stdout, stderr } = await streamz(t, ['dedupe', ...args], { stdin: '1\n' })
    t.deepEqual([exitCode, String(stdout)], [2, ''])
    t.regex(stderr, /^streamz dedupe: /)
  })
}
