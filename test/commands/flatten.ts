import test from 'ava'
import { parsePath } from '../../src/core/json/path.js'
import { createFlatten } from '../../src/processors/flatten.js'
import { recordOf } from '../helpers/account.js'
import { records, streamz } from '../helpers/cli.js'
import fc from '../helpers/fast-check.js'
import { kindsIn } from '../helpers/flags.js'
import { drive } from '../helpers/processor.js'

const items = parsePath('.items')
const linesOf = (out: readonly (readonly [number, string])[]) => out.map(([, line]) => line)

test('flatten makes a record of each element and counts the record once', async t => {
  const { out, delivered, filtered } = await drive(
    context => createFlatten({ path: items }, context),
    [
      [0, '{"items" : [1, {"a" : [2]} ,"x,]"]}', '{"items":[]}'],
      [5, '{"items":[],"items":[[3]]}'],
    ],
  )
  t.deepEqual(out, [
    [0, '1'],
    [0, '{"a" : [2]}'],
    [0, '"x,]"'],
    [5, '[3]'],
  ])
  t.deepEqual([delivered, filtered], [2, 1])
})

test('with keep the element stands where the array was, whatever surrounds it', async t => {
  const { out, delivered } = await drive(
    context => createFlatten({ path: parsePath('.a[1].b'), keep: true }, context),
    [[0, ' {"a" : [0,{ "b":\t[ 1.0 , "\\u00e9" ] , "c":7}],"z":1e5} ']],
  )
  t.deepEqual(linesOf(out), [
    ' {"a" : [0,{ "b":\t1.0 , "c":7}],"z":1e5} ',
    ' {"a" : [0,{ "b":\t"\\u00e9" , "c":7}],"z":1e5} ',
  ])
  t.is(delivered, 1)
})

test('flatten agrees with taking parsed records apart', async t => {
  const record = fc.record({ a: fc.jsonValue(), items: fc.array(fc.jsonValue(), { maxLength: 5 }), b: fc.jsonValue() })
  await fc.assert(
    fc.asyncProperty(fc.array(record, { maxLength: 8 }), fc.boolean(), fc.nat(2), async (made, keep, space) => {
      const lines = made.map(one => JSON.stringify(one, null, space).replaceAll('\n', ' '))
      const { out, delivered, filtered } = await drive(
        context => createFlatten({ path: items, keep }, context),
        [[0, ...lines]],
      )
      const parsed = lines.map(line => JSON.parse(line) as { items: unknown[] })
      t.deepEqual(
        linesOf(out).map(line => JSON.parse(line)),
        parsed.flatMap(one => one.items.map(element => (keep ? { ...one, items: element } : element))),
      )
      t.is(delivered + filtered, made.length)
      t.is(filtered, parsed.filter(one => one.items.length === 0).length)
    }),
  )
})

test('a long record around many elements leaves in pieces, and waits for a slow reader', async t => {
  const line = `{"text":"${'x'.repeat(50_000)}","items":[1,2,3]}`
  const { out, delivered } = await drive(
    context => createFlatten({ path: items, keep: true }, context),
    [[0, line, '{"items":[4]}']],
    { slow: 10 },
  )
  t.deepEqual(
    out.map(([at, kept]) => [at, JSON.parse(kept).items]),
    [
      [0, 1],
      [0, 2],
      [10, 3],
      [20, 4],
    ],
  )
  t.is(delivered, 2)
})

test('flatten fails what has no array there, and keeps it', async t => {
  const lines = [
    '{"items":[1]}',
    '{"items":{"a":1}}',
    '{"items":null}',
    '{}',
    '[1]',
    'no',
    '{"items":"x"}',
    '{"items":7}',
  ]
  const { stdout, stderr, exitCode } = await streamz(t, ['flatten', '.items', '-q'], { stdin: `${lines.join('\n')}\n` })
  t.is(exitCode, 1)
  t.is(String(stdout), '1\n')
  t.deepEqual(kindsIn(stderr), ['field', 'field', 'field', 'field', 'parse', 'field', 'field'])
  t.deepEqual(stderr.trim().split('\n').map(recordOf), lines.slice(1))
  for (const what of ['an object at', 'null at', 'no field .items', 'a string at', 'a number at']) {
    t.true(stderr.includes(`has ${what}`), what)
  }
})

test('flatten --missing and --empty say what becomes of records without elements', async t => {
  const stdin = '{"n":1}\n{"n":2,"items":null}\n{"n":3,"items":[ ]}\n{"n":4,"items":[0]}\n'
  const pass = await streamz(
    t,
    ['flatten', '.items', '--keep', '--missing', 'pass', '--empty', 'pass', '--summary', '-'],
    { stdin },
  )
  t.is(String(pass.stdout), stdin.replace('[0]', '0'))
  t.like(records(pass.stderr)[0], { read: 4, delivered: 4, filtered: 0 })
  const drop = await streamz(t, ['flatten', '.items', '--missing', 'drop', '--summary', '-'], { stdin })
  t.is(String(drop.stdout), '0\n')
  t.like(records(drop.stderr)[0], { read: 4, delivered: 1, filtered: 3 })
})

for (const [args, wanted] of [
  [[], /'path'/],
  [['items]'], /PATH: .*\.user\.id/],
  [['.items', '--empty', 'keep'], /--empty: .*drop or pass/],
] as const) {
  test(`flatten ${args.join(' ')} is refused`, async t => {
    const { exitCode, stdout, stderr } = await streamz(t, ['flatten', ...args], { stdin: '1\n' })
    t.deepEqual([exitCode, String(stdout)], [2, ''])
    t.regex(stderr, wanted)
  })
}
