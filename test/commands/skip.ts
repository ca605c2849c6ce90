import test from 'ava'
import { createSkip } from '../../src/processors/skip.js'
import { records, streamz } from '../helpers/cli.js'
import { drive } from '../helpers/processor.js'

test('skip drops the first records and passes on the rest', async t => {
  const { out, filtered, delivered } = await drive(
    context => createSkip({ count: 3 }, context),
    [
      [0, '1', '2'],
      [10, '3', '4', '5'],
      [20, '6'],
    ],
  )
  t.deepEqual(out, [
    [10, '4'],
    [10, '5'],
    [20, '6'],
  ])
  t.deepEqual([filtered, delivered], [3, 3])
})

test('skip of more than there are drops all', async t => {
  const { out, filtered } = await drive(context => createSkip({ count: 9 }, context), [[0, '1', '2']])
  t.deepEqual([out.length, filtered], [0, 2])
})

test('skip counts what it drops as filtered', async t => {
  const { stdout, stderr, exitCode } = await streamz(t, ['skip', '2', '--summary', '-'], { stdin: '1\n\n2\n3\n' })
  t.is(exitCode, 0)
  t.is(String(stdout), '3\n')
  t.like(records(stderr)[0], { lines: 4, read: 3, blank: 1, filtered: 2, delivered: 1 })
})
