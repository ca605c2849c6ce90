import test from 'ava'
import { createSkipLast } from '../../../src/processors/skip/last.js'
import { records, streamz } from '../../helpers/cli.js'
import { inPortions, testLast } from '../../helpers/last.js'
import { drive } from '../../helpers/processor.js'

testLast('skip', createSkipLast, {
  chosen: (lines, count) => lines.slice(0, Math.max(0, lines.length - count)),
  // Which ones are the last is not known when the run is cut.
  outAtCut: ['1'],
  leftAtCut: 2,
})

test('skip --last passes a record once so many have come after it', async t => {
  const { out, filtered } = await drive(
    context => createSkipLast({ count: 3, maxBytes: 100 }, context),
    inPortions(['1', '2', '3', '4', '5', '6', '7'], 2),
  )
  t.deepEqual(out, [
    [1, '1'],
    [2, '2'],
    [2, '3'],
    [3, '4'],
  ])
  t.is(filtered, 3)
})

test('skip --last keeps bytes and counts the last as filtered', async t => {
  const { stdout, stderr, exitCode } = await streamz(t, ['skip', '--last', '2', '--summary', '-'], {
    stdin: ' 1.0 \r\n\nno json\n2\n3',
  })
  t.deepEqual([exitCode, String(stdout)], [0, ' 1.0 \r\nno json\n'])
  t.like(records(stderr)[0], { read: 4, blank: 1, filtered: 2, delivered: 2 })
})
