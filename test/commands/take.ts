import test from 'ava'
import { createTake } from '../../src/processors/take.js'
import { pipeline, streamz } from '../helpers/cli.js'
import { drive } from '../helpers/processor.js'

test('take passes on the first records and stops the upstream', async t => {
  const { out, stopped, taken } = await drive(
    context => createTake({ count: 3 }, context),
    [
      [0, '1', '2'],
      [10, '3', '4', '5'],
      [20, '6'],
    ],
  )
  t.deepEqual(out, [
    [0, '1'],
    [0, '2'],
    [10, '3'],
  ])
  t.true(stopped)
  t.is(taken, 3)
})

test('take 0 stops before anything is read', async t => {
  const { out, stopped, taken } = await drive(context => createTake({ count: 0 }, context), [[0, '1']])
  t.deepEqual([out.length, stopped, taken], [0, true, 0])
})

test('take ends an endless upstream', async t => {
  const { stdout, statuses } = await pipeline(t, ['yes 1', 'streamz take 3'])
  t.is(String(stdout), '1\n1\n1\n')
  t.deepEqual(statuses, [141, 0])
})

test('take counts what was read ahead as not read', async t => {
  const { stdout, stderr, exitCode } = await streamz(t, ['take', '2', '--summary', '-'], { stdin: '1\n2\n3\n4\n' })
  t.is(exitCode, 0)
  t.is(String(stdout), '1\n2\n')
  const { lines, read, delivered, undelivered } = JSON.parse(stderr)
  t.deepEqual({ lines, read, delivered, undelivered }, { lines: 2, read: 2, delivered: 2, undelivered: 0 })
})
