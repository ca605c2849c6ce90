import test from 'ava'
import { parsePath } from '../../src/core/json/path.js'
import { type BatchOptions, createBatch } from '../../src/processors/batch.js'
import { recordOf } from '../helpers/account.js'
import { records, start, streamz } from '../helpers/cli.js'
import { type Arrival, type DriveOptions, drive } from '../helpers/processor.js'

const run = (arrivals: readonly Arrival[], options: Partial<BatchOptions>, drives: DriveOptions = {}) =>
  drive(context => createBatch({ bytes: 1e6, maxKeys: 1000, envelope: false, ...options }, context), arrivals, drives)

test('batch closes on size', async t => {
  const { out, delivered } = await run(
    [
      [0, '1', '2'],
      [10, '3', '4', '5'],
    ],
    { size: 2 },
  )
  t.deepEqual(out, [
    [0, '[1,2]'],
    [10, '[3,4]'],
    [10, '[5]'],
  ])
  t.is(delivered, 5)
})

test('batch closes a while after its first record', async t => {
  const { out } = await run(
    [
      [0, '1'],
      [90, '2'],
      [150, '3'],
      [400, '4'],
    ],
    { within: 100 },
  )
  t.deepEqual(out, [
    [100, '[1,2]'],
    [250, '[3]'],
    [400, '[4]'],
  ])
})

test('batch forgets the time of a batch that is closed', async t => {
  const { out } = await run(
    [
      [0, '1', '2'],
      [90, '3'],
      [300, '4'],
    ],
    { size: 2, within: 100 },
  )
  t.deepEqual(out, [
    [0, '[1,2]'],
    [190, '[3]'],
    [300, '[4]'],
  ])
})

test('batch never makes a longer line than --bytes, unless one record alone is', async t => {
  const { out } = await run([[0, '111', '22', '3', '4444444', '5']], { bytes: 8 })
  t.deepEqual(
    out.map(([, line]) => line),
    ['[111,22]', '[3]', '[4444444]', '[5]'],
  )
})

test('batch --bytes counts the envelope', async t => {
  const lines = Array.from({ length: 50 }, (_, index) => `"${'x'.repeat(index % 7)}"`)
  const { out } = await run([[0, ...lines]], { bytes: 120, envelope: true })
  t.true(
    out.every(([, line]) => line.length <= 120),
    JSON.stringify(out),
  )
  t.deepEqual(
    out.flatMap(([, line]) => JSON.parse(line).items),
    lines.map(line => JSON.parse(line)),
  )
  t.true(out.length < 50)
})

test('batch closes after a record with a value', async t => {
  const until = { path: parsePath('.end'), match: { text: 'true' } }
  const { out } = await run([[0, '{"n":1}', '{"end":true}', '{"end":false}']], { until })
  t.deepEqual(
    out.map(([, line]) => line),
    ['[{"n":1},{"end":true}]', '[{"end":false}]'],
  )
})

test('batch holds a batch per key and emits the oldest to make room', async t => {
  const lines = ['{"k":1}', '{"k":2}', '{"k":1}', '{"k":3}', '{"n":1}']
  const { out, rejected } = await run([[0, ...lines]], { size: 10, key: parsePath('.k'), maxKeys: 2 })
  t.deepEqual(
    out.map(([, line]) => line),
    ['[{"k":1},{"k":1}]', '[{"k":2}]', '[{"k":3}]'],
  )
  t.deepEqual(rejected, [{ at: 0, kind: 'field', line: '{"n":1}' }])
})

for (const [why, options, drives] of [
  ['size', { size: 2 }, {}],
  ['bytes', { bytes: 57 }, {}],
  ['within', { within: 50 }, {}],
  ['until', { until: { path: parsePath('.'), match: { text: '2' } } }, {}],
  ['end', { size: 9 }, {}],
  ['signal', { size: 9 }, { cutAt: 20 }],
] as const) {
  test(`batch --envelope says ${why}`, async t => {
    const arrivals: Arrival[] = [[0, '1', '2'], [100]]
    const { out } = await run(arrivals, { envelope: true, ...options }, drives)
    t.deepEqual(
      out.map(([, line]) => line),
      [`{"items":[1,2],"n":2,"why":"${why}","first":1,"last":2}`],
    )
  })
}

test('batch --envelope --key names the key', async t => {
  const { out } = await run([[0, '{"k":"\\u0061"}', '{"k":"a"}']], { size: 9, envelope: true, key: parsePath('.k') })
  t.deepEqual(JSON.parse(out[0]?.[1] ?? ''), {
    items: [{ k: 'a' }, { k: 'a' }],
    n: 2,
    why: 'end',
    first: 1,
    last: 2,
    key: 'a',
  })
})

test('batch --envelope --key writes the key as the first record does', async t => {
  const lines = ['{"k":10.0,"l":[ ]}', '{"k":1e1,"l":[]}', '{"k":11,"l":[]}']
  const { out } = await run([[0, ...lines]], { size: 9, envelope: true, key: ['.k', '.l'].map(parsePath) })
  t.deepEqual(
    out.map(([, line]) => line.slice(line.indexOf('"n":'))),
    ['"n":2,"why":"end","first":1,"last":2,"key":[10.0,[ ]]}', '"n":1,"why":"end","first":3,"last":3,"key":[11,[]]}'],
  )
})

test('batch may pass or drop a record without a key, in its place', async t => {
  const arrivals: Arrival[] = [[0, '{"k":1}', '{"n":1}', '{"k":1,"n":2}']]
  const options = { size: 2, key: parsePath('.k') }
  const passed = await run(arrivals, { ...options, missing: 'pass' })
  t.deepEqual(
    passed.out.map(([, line]) => line),
    ['{"n":1}', '[{"k":1},{"k":1,"n":2}]'],
  )
  t.is(passed.delivered, 3)
  const dropped = await run(arrivals, { ...options, missing: 'drop' })
  t.deepEqual(
    dropped.out.map(([, line]) => line),
    ['[{"k":1},{"k":1,"n":2}]'],
  )
  t.deepEqual([dropped.delivered, dropped.filtered, dropped.rejected.length], [2, 1, 0])
})

test('one bad line never spoils a batch', async t => {
  const { stdout, stderr, exitCode } = await streamz(t, ['batch', '--size', '2', '-q'], {
    stdin: '{"a":1}\nnot json\n{"a":2}\n',
  })
  t.is(exitCode, 1)
  t.is(String(stdout), '[{"a":1},{"a":2}]\n')
  t.is(recordOf(stderr.trim()), 'not json')
  t.like(records(stderr)[0], { line: 2, raw: 'not json', error: { kind: 'parse' } })
})

test('batch emits a half-full batch on SIGTERM', async t => {
  const { child, finished } = start(t, ['batch', '--size', '100', '--progress', '--summary', 'summary.json'])
  child.stdin.write('1\n2\n')
  await said(child.stderr, '2 rec')
  child.kill('SIGTERM')
  const { stdout, stderr, exitCode } = await finished
  t.is(exitCode, 143)
  t.is(String(stdout), '[1,2]\n')
  t.regex(stderr, /Stopped by SIGTERM; undelivered=0 from line 3\n$/)
})

test('batch needs a limit', async t => {
  const { exitCode, stderr } = await streamz(t, ['batch'], { stdin: '1\n' })
  t.is(exitCode, 2)
  t.regex(stderr, /--size, --bytes, --within or --until/)
})

const said = (stream: NodeJS.ReadableStream, words: string) =>
  new Promise<void>(resolve => {
    let text = ''
    stream.on('data', chunk => {
      text += String(chunk)
      if (text.includes(words)) resolve()
    })
  })
