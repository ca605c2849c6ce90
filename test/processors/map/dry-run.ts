import test from 'ava'
import { Failure } from '../../../src/core/failure.js'
import type { Context } from '../../../src/core/processor.js'
import { createDryRun, type DryRunOptions } from '../../../src/processors/map/dry-run.js'
import { drive, toLines } from '../../helpers/processor.js'

const options: DryRunOptions = {
  describe: ({ bytes }) => ['call', JSON.parse(bytes.toString())],
  prepare({ bytes }) {
    if (bytes.includes('"bad"')) throw new Failure('field', 'input', 'It has no id')
  },
  batch: false,
}

test('what would be called is emitted in order, one line for each record', async t => {
  const { out, delivered, rejected } = await drive(context => createDryRun(options, context), [[0, '1', '{"id":2}']])
  t.deepEqual(
    out.map(([, line]) => line),
    ['["call",1]', '["call",{"id":2}]'],
  )
  t.is(delivered, 2)
  t.deepEqual(rejected, [])
})

test('a record that could not be called is rejected, and the others go on', async t => {
  const describe = (line: { readonly number: number }) => {
    if (line.number === 3) throw new Failure('parse', 'input', 'Not JSON')
    return line.number
  }
  const { out, rejected } = await drive(
    context => createDryRun({ ...options, describe }, context),
    [[0, '"bad"', '1', 'x', '2']],
  )
  t.deepEqual(
    out.map(([, line]) => line),
    ['2', '4'],
  )
  t.deepEqual(
    rejected.map(({ kind, line }) => [kind, line]),
    [
      ['field', '"bad"'],
      ['parse', 'x'],
    ],
  )
})

test('a line keeps its number and file, and the reader of the output sets the pace', async t => {
  const seen: unknown[] = []
  const processor = createDryRun(options, {
    async emit(lines: Iterable<{ number: number; file: string | undefined }>, records: number) {
      for (const { number, file } of lines) seen.push([number, file, records])
      await new Promise(resolve => setImmediate(resolve))
      seen.push('taken')
    },
  } as unknown as Context)
  await processor.push(toLines(['1', '2'], 7))
  t.deepEqual(seen, [[7, undefined, 1], 'taken', [8, undefined, 1], 'taken'])
})

test('of a batch the items are counted; an empty one needs no call, and a bad one loses its items one by one', async t => {
  const held: number[] = []
  const batch = { ...options, batch: true }
  const { out, delivered, rejected } = await drive(
    context => createDryRun(batch, { ...context, holds: count => held.push(count) }),
    [[0, '[1,2,3]', '[]', '["bad",5]', '6']],
  )
  t.deepEqual(
    out.map(([, line]) => line),
    ['["call",[1,2,3]]'],
  )
  t.is(delivered, 3)
  t.deepEqual(held, [3, 0, 2])
  t.deepEqual(
    rejected.map(({ kind, line }) => [kind, line]),
    [
      ['field', '"bad"'],
      ['field', '5'],
      ['field', '6'],
    ],
  )
})

test('what is no failure of a record is an error of the program', async t => {
  const describe = () => {
    throw new TypeError('A bug')
  }
  await t.throwsAsync(
    drive(context => createDryRun({ ...options, describe }, context), [[0, '1']]),
    { message: 'A bug' },
  )
})
