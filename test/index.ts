import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ReadableStream } from 'node:stream/web'
import test from 'ava'
import ndjson from 'ndjson'
import {
  batch,
  type Context,
  chain,
  createFakeClock,
  createLimit,
  Failure,
  Lines,
  leadingEdge,
  map,
  type Processor,
  parsePath,
  skip,
  take,
  throttle,
  toTransform,
  toTransformStream,
  unbatch,
} from '../src/index.js'
import { drive } from './helpers/processor.js'
import { trickyInput, trickyOutput } from './helpers/tricky.js'

type Create = (context: Context) => Processor

const taking =
  (count: number): Create =>
  context =>
    take({ count }, context)
const skipping =
  (count: number): Create =>
  context =>
    skip({ count }, context)
const batching =
  (size: number): Create =>
  context =>
    batch({ size, bytes: 1e6, maxKeys: 1, envelope: false }, context)
const unbatching: Create = context => unbatch({ items: false }, context)
const pacing =
  (count: number, per: number): Create =>
  context =>
    throttle({ limit: createLimit(count, per, 1), mode: 'delay', maxKeys: 1, cost: 'record' }, context)

/** Everything that comes out of a transform stream for these chunks. */
const through = async (create: Create, chunks: readonly Uint8Array[], onFailure?: () => void): Promise<Buffer> => {
  const out: Buffer[] = []
  const transform = toTransform(create, onFailure === undefined ? {} : { onFailure })
  for await (const chunk of Readable.from(chunks).pipe(transform)) out.push(chunk as Buffer)
  return Buffer.concat(out)
}

test('chain passes what each processor emits to the next', async t => {
  const { out, taken } = await drive(chain(skipping(1), batching(2), unbatching, batching(3)), [
    [0, '1', '2', '3', '4', '5'],
  ])
  t.deepEqual(out, [
    [0, '[2,3,4]'],
    [0, '[5]'],
  ])
  t.is(taken, 5)
})

test('chain of nothing passes everything on', async t => {
  const { out } = await drive(chain(), [[0, '1', '2']])
  t.deepEqual(out, [
    [0, '1'],
    [0, '2'],
  ])
})

test('take in a chain stops what comes before it', async t => {
  const { out, stopped, rejected } = await drive(chain(pacing(1, 1000), taking(2)), [[0, '1', '2', '3', '4']])
  t.deepEqual(
    out.map(([, line]) => line),
    ['1', '2'],
  )
  t.true(stopped)
  t.deepEqual(rejected, [])
})

test('throttle at the end of a chain holds back the first', async t => {
  const { out } = await drive(chain(batching(2), pacing(1, 1000)), [[0, '1', '2', '3', '4', '5', '6']])
  t.deepEqual(
    out.map(([at, line]) => [Math.round(at / 100) * 100, line]),
    [
      [0, '[1,2]'],
      [1000, '[3,4]'],
      [2000, '[5,6]'],
    ],
  )
})

test('a chain ends its processors in order, so that held records are emitted', async t => {
  const { out } = await drive(chain(batching(100), batching(100)), [[0, '1', '2']])
  t.deepEqual(out, [[0, '[[1,2]]']])
})

test('a Node stream passes on every byte, however the input is cut', async t => {
  for (let cut = 0; cut <= trickyInput.length; cut++) {
    const out = await through(
      taking(1000),
      [trickyInput.subarray(0, cut), trickyInput.subarray(cut)].filter(({ length }) => length > 0),
    )
    if (!out.equals(trickyOutput)) return t.is(out.toString('latin1'), trickyOutput.toString('latin1'), `cut at ${cut}`)
  }
  t.pass()
})

test('a Node stream takes its input byte by byte', async t => {
  const bytes = [...trickyInput].map(byte => Uint8Array.of(byte))
  t.is((await through(taking(1000), bytes)).toString('latin1'), trickyOutput.toString('latin1'))
})

test('a Node stream goes between the streams of the ndjson package', async t => {
  const values: unknown[] = []
  const from = ndjson.stringify()
  const running = pipeline(
    from,
    toTransform(chain(skipping(1), batching(2))),
    ndjson.parse(),
    new Writable({
      objectMode: true,
      write(value, _, done) {
        values.push(value)
        done()
      },
    }),
  )
  for (const n of [1, 2, 3, 4]) from.write({ n, text: 'line\nbreak \u2028 é' })
  from.end()
  await running
  t.deepEqual(values, [
    [2, 3].map(n => ({ n, text: 'line\nbreak \u2028 é' })),
    [{ n: 4, text: 'line\nbreak \u2028 é' }],
  ])
})

test('a Node stream holds back its writer while its reader sleeps', async t => {
  let asked = 0
  const source = Readable.from(
    (function* () {
      for (;;) yield Buffer.from(`"${'x'.repeat(10_000)} ${++asked}"\n`)
    })(),
    { highWaterMark: 1 },
  )
  const transform = toTransform(taking(1e9))
  source.pipe(transform)
  const reader = transform[Symbol.asyncIterator]()
  await reader.next()
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate)
  // Nobody has read more than a piece: no more than the buffers hold was asked for.
  t.true(asked < 20, String(asked))
  await reader.return?.()
  source.destroy()
})

test('a Node stream fails with the first failure, or tells about each', async t => {
  const chunks = [Buffer.from('[1]\nno\n[2]\n')]
  const error = await t.throwsAsync(through(unbatching, chunks), { instanceOf: Failure })
  t.is((error as Failure).kind, 'parse')
  let told = 0
  t.is(String(await through(unbatching, chunks, () => told++)), '1\n2\n')
  t.is(told, 1)
})

test('a Node stream ends what waits when it is destroyed', async t => {
  let aborted = false
  const transform = toTransform(context => {
    context.stopping.addEventListener('abort', () => {
      aborted = true
    })
    return { push: () => new Promise<void>(() => {}) }
  })
  transform.write('1\n')
  transform.destroy()
  await new Promise(setImmediate)
  t.true(aborted)
})

test('a stream runs on a clock of your own', async t => {
  const clock = createFakeClock()
  const transform = toTransform(context => leadingEdge({ every: 1000 }, context), { clock })
  const out: string[] = []
  transform.on('data', chunk => out.push(String(chunk)))
  for (const line of ['1\n', '2\n']) transform.write(line)
  await clock.advance(1000)
  transform.end('3\n')
  await clock.advance(1)
  t.deepEqual(out, ['1\n', '3\n'])
})

test('a Web stream does the same', async t => {
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const text of ['\ufeff{"a" : 1.0}\n2', '\n\n3']) controller.enqueue(Buffer.from(text))
      controller.close()
    },
  })
  const out: Uint8Array[] = []
  for await (const chunk of source.pipeThrough(toTransformStream(chain(batching(2), unbatching)))) out.push(chunk)
  t.is(String(Buffer.concat(out)), '{"a" : 1.0}\n2\n3\n')
})

test('take in a Web stream cancels an endless input', async t => {
  let cancel = () => {}
  const cancelled = new Promise<void>(resolve => {
    cancel = resolve
  })
  const source = new ReadableStream<Uint8Array>({
    pull: controller => controller.enqueue(Buffer.from('1\n2\n')),
    cancel: () => cancel(),
  })
  const out: Uint8Array[] = []
  for await (const chunk of source.pipeThrough(toTransformStream(chain(taking(3), batching(2))))) out.push(chunk)
  t.is(String(Buffer.concat(out)), '[1,2]\n[1]\n')
  await t.notThrowsAsync(cancelled)
})

test('take in a Node stream drops the rest of its input', async t => {
  t.is(
    String(
      await through(chain(taking(3), batching(2)), [Buffer.from('1\n2\n'), Buffer.from('3\n4\n'), Buffer.from('5\n')]),
    ),
    '[1,2]\n[3]\n',
  )
})

test('a Web stream fails with the failure of a record', async t => {
  const stream = toTransformStream(unbatching)
  const writer = stream.writable.getWriter()
  writer.write(Buffer.from('no\n')).catch(() => {})
  await t.throwsAsync(stream.readable.getReader().read(), { instanceOf: Failure })
})

test('map takes any function that gives bytes back', async t => {
  const create: Create = context =>
    map(
      {
        call: async ({ bytes }) => [Buffer.from(`${Number(bytes) * 2}\n`)],
        id: ({ number }) => String(number),
        concurrency: 2,
        order: 'input',
        window: 4,
        prepare: () => undefined,
        shape: ({ number, file }, result) => Lines.of(Buffer.concat(result), number, file),
      },
      context,
    )
  t.is(String(await through(create, [Buffer.from('1\n2\n3\n4\n5\n6\n7\n')])), '2\n4\n6\n8\n10\n12\n14\n')
})

test('a path is parsed once and used by many', t => t.deepEqual(parsePath('.a[0]."b c"').segments, ['a', 0, 'b c']))
