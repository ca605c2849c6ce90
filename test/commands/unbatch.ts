import test from 'ava'
import { createUnbatch } from '../../src/processors/unbatch.js'
import { recordOf } from '../helpers/account.js'
import { streamz } from '../helpers/cli.js'
import { kindsIn } from '../helpers/flags.js'
import { drive } from '../helpers/processor.js'

test('unbatch emits each element and counts the array once', async t => {
  const { out, delivered } = await drive(
    context => createUnbatch({ items: false }, context),
    [
      [0, '[1, {"a" : [2]} ,"x,]"]', '[]'],
      [5, '[[3]]'],
    ],
  )
  t.deepEqual(out, [
    [0, '1'],
    [0, '{"a" : [2]}'],
    [0, '"x,]"'],
    [5, '[3]'],
  ])
  t.is(delivered, 3)
})

test('unbatch waits for a slow reader', async t => {
  const { out } = await drive(context => createUnbatch({ items: false }, context), [[0, '[1]', '[2]', '[3]']], {
    slow: 10,
  })
  t.deepEqual(out, [
    [0, '1'],
    [10, '2'],
    [20, '3'],
  ])
})

test('unbatch fails what is not an array and keeps it', async t => {
  const { stdout, stderr, exitCode } = await streamz(t, ['unbatch', '-q'], {
    stdin: '[1]\n{"a": 1}\nnot json\n[2\n[3]\n',
  })
  t.is(exitCode, 1)
  t.is(String(stdout), '1\n3\n')
  t.deepEqual(kindsIn(stderr), ['field', 'parse', 'parse'])
  t.deepEqual(stderr.trim().split('\n').map(recordOf), ['{"a": 1}', 'not json', '[2'])
})
