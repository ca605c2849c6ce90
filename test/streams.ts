import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { finished } from 'node:stream/promises'
import test from 'ava'
import { Failure } from '../src/core/failure.js'
import type { Context, Processor } from '../src/core/processor.js'
import { createTake } from '../src/processors/take.js'
import { toTransform, toTransformStream } from '../src/streams.js'

const pass = (context: Context): Processor => ({ push: lines => context.emit(lines) })
const take = (count: number) => (context: Context) => createTake({ count }, context)

const cut = (text: string, size: number) =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
    Buffer.from(text.slice(index * size, (index + 1) * size)),
  )

const throughNode = async (chunks: readonly Buffer[], stream: ReturnType<typeof toTransform>) =>
  (await buffer(Readable.from(chunks).pipe(stream))).toString()

const throughWeb = async (chunks: readonly Buffer[], stream: ReturnType<typeof toTransformStream>) => {
  const source = Readable.toWeb(Readable.from(chunks)) as import('node:stream/web').ReadableStream<Uint8Array>
  return (await buffer(source.pipeThrough(stream))).toString()
}

test('Bytes pass in whole lines, however they are cut', async t => {
  for (const size of [1, 2, 3, 7, 100]) {
    t.is(await throughNode(cut('1\n\n{"a":2}\n3', size), toTransform(pass)), '1\n{"a":2}\n3\n')
    t.is(await throughWeb(cut('1\n\n{"a":2}\n3', size), toTransformStream(pass)), '1\n{"a":2}\n3\n')
  }
})

test('A processor that has enough ends the stream', async t => {
  const stream = toTransform(take(2))
  const ended = finished(stream, { writable: false })
  stream.write('1\n2\n3\n')
  t.is((await buffer(stream)).toString(), '1\n2\n')
  await ended
  stream.write('4\n')
  stream.end()
  async function* endless() {
    for (;;) yield Buffer.from('7\n')
  }
  const web = Readable.toWeb(Readable.from(endless())) as import('node:stream/web').ReadableStream<Uint8Array>
  t.is((await buffer(web.pipeThrough(toTransformStream(take(3))))).toString(), '7\n7\n7\n')
})

test('A line over the limit is given up like any other record', async t => {
  const failures: Failure[] = []
  const options = { maxLine: 10, onFailure: (_: unknown, failure: Failure) => failures.push(failure) }
  t.is(await throughNode([Buffer.from(`1\n${'x'.repeat(50)}\n2\n`)], toTransform(pass, options)), '1\n2\n')
  t.deepEqual(
    failures.map(({ kind, facts }) => [kind, facts.length]),
    [['too_long', 50]],
  )
  const error = await t.throwsAsync(throughNode([Buffer.from('x'.repeat(50))], toTransform(pass, { maxLine: 10 })))
  t.true(error instanceof Failure)
})
