import { type Duplex, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import test from 'ava'
import { batch, chain, Failure, fromObjects, type Line, skip, toObjects, toTransform } from '../src/index.js'

/** What comes out of a stream for this input, and what it failed with. */
const drain = async (input: Iterable<unknown>, stream: Duplex) => {
  const out: unknown[] = []
  const error = await pipeline(Readable.from(input), stream, async values => {
    for await (const value of values) out.push(value)
  }).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return { out, error }
}

const gather = () => {
  const failures: [number, string, string, string][] = []
  const onFailure = ({ bytes, number }: Line, { kind, message }: Failure) =>
    void failures.push([number, kind, message, String(bytes)])
  return { failures, onFailure }
}

const text = '\ufeff{"a":1}\r\n\n0\n"x\u2028é"\nfalse\n""\n[null]\n{"$streamz":"error/1"}\n  7'
const values = [{ a: 1 }, 0, 'x\u2028é', false, '', [null], { $streamz: 'error/1' }, 7]

test('bytes become values, however they are cut', async t => {
  const bytes = Buffer.from(text)
  for (let size = 1; size <= bytes.length; size++) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size),
    )
    t.deepEqual(await drain(chunks, toObjects()), { out: values, error: undefined }, `pieces of ${size} bytes`)
  }
  t.deepEqual(await drain([], toObjects()), { out: [], error: undefined })
})

test('a bad line is reported with its number, and all others are emitted', async t => {
  const { failures, onFailure } = gather()
  const lines = ['1\n{"a":\n2\nnull\n', ' null \n3\n{"a":1}x\n', `"${'x'.repeat(50)}"\n4\n\xff`]
  const chunks = lines.map(line => Buffer.from(line, 'latin1'))
  t.deepEqual(await drain(chunks, toObjects({ onFailure, maxLine: 20 })), { out: [1, 2, 3, 4], error: undefined })
  t.deepEqual(
    failures.map(([number, kind]) => [number, kind]),
    [
      [2, 'parse'],
      [4, 'parse'],
      [5, 'parse'],
      [7, 'parse'],
      [8, 'too_long'],
      [10, 'parse'],
    ],
  )
  t.is(failures[1]?.[2], 'Line 4 is null, which a stream of objects cannot carry')
  t.is(failures[0]?.[3], '{"a":\n')
})

for (const bad of ['{"a":', 'null', `"${'x'.repeat(50)}"`]) {
  test(`without onFailure the stream fails at ${bad.slice(0, 5)}, after what stands before it in the same chunk`, async t => {
    const { out, error } = await drain([Buffer.from(`1\n2\n${bad}\n3\n`)], toObjects({ maxLine: 20 }))
    t.deepEqual(out, [1, 2])
    t.true(error instanceof Failure, String(error))
  })
}

test('values become lines', async t => {
  const { out, error } = await drain([{ a: 'line\nbreak' }, 0, false, '', [null], new Date(0)], fromObjects())
  t.is(error, undefined)
  t.is(
    Buffer.concat(out as Buffer[]).toString(),
    '{"a":"line\\nbreak"}\n0\nfalse\n""\n[null]\n"1970-01-01T00:00:00.000Z"\n',
  )
})

test('a value that JSON cannot represent is reported with its number, and all others are written', async t => {
  const { failures, onFailure } = gather()
  const circle: Record<string, unknown> = {}
  circle.self = circle
  const shared = { n: 1 }
  const throwing = {
    toJSON() {
      throw new Error('not me')
    },
  }
  const input = [1, 1n, 2, circle, undefined, () => 1, throwing, Symbol('x'), '[Circular ~]', { a: shared, b: shared }]
  const { out, error } = await drain(input, fromObjects({ onFailure }))
  t.is(error, undefined)
  t.is(Buffer.concat(out as Buffer[]).toString(), '1\n2\n"[Circular ~]"\n{"a":{"n":1},"b":{"n":1}}\n')
  t.deepEqual(
    failures.map(([number, kind]) => [number, kind]),
    [2, 4, 5, 6, 7, 8].map(number => [number, 'parse']),
  )
  t.is(failures[4]?.[2], 'Value 7 cannot be written as JSON: not me')
})

test('without onFailure the stream fails at the first value that cannot be written', async t => {
  const { out, error } = await drain([1, undefined, 2], fromObjects())
  t.is(Buffer.concat(out as Buffer[]).toString(), '1\n')
  t.true(error instanceof Failure, String(error))
})

test('objects go through a chain', async t => {
  const out: unknown[] = []
  const input = Array.from({ length: 1000 }, (_, n) => ({ n, text: 'line\nbreak \u2028 é' }))
  await pipeline(
    Readable.from(input),
    fromObjects(),
    toTransform(
      chain(
        context => skip({ count: 1 }, context),
        context => batch({ size: 2, bytes: 1e6, maxKeys: 1, envelope: false }, context),
      ),
    ),
    toObjects(),
    async batches => {
      for await (const one of batches) out.push(...one)
    },
  )
  t.deepEqual(out, input.slice(1))
})

test('a processor that has enough ends the stream, and a slow reader holds back the writer', async t => {
  let asked = 0
  const source = Readable.from(
    (function* () {
      for (;;) yield Buffer.from(`${++asked}\n`)
    })(),
    { highWaterMark: 1 },
  )
  const objects = source.pipe(toObjects())
  const seen: unknown[] = []
  for await (const value of objects) {
    if (seen.push(value) === 3) break
  }
  t.deepEqual(seen, [1, 2, 3])
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate)
  t.true(asked < 20, String(asked))
  source.destroy()
})
