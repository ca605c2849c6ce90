import test from 'ava'
import { createTakeLast } from '../../../src/processors/take/last.js'
import { records, shell, streamz } from '../../helpers/cli.js'
import { inPortions, testLast } from '../../helpers/last.js'
import { drive } from '../../helpers/processor.js'

testLast('take', createTakeLast, {
  chosen: (lines, count) => lines.slice(Math.max(0, lines.length - count)),
  // Nothing can leave before the end of the input.
  outAtCut: ['2', '3'],
  leftAtCut: 0,
})

test('take --last lets out what it holds at the end, in order, and waits for a slow reader', async t => {
  const { out, filtered } = await drive(
    context => createTakeLast({ count: 3, maxBytes: 100 }, context),
    inPortions(['1', '2', '3', '4', '5'], 2),
    { slow: 10 },
  )
  t.deepEqual(out, [
    [2, '3'],
    [12, '4'],
    [22, '5'],
  ])
  t.is(filtered, 2)
})

test('take --last reads several files as one and counts the others as filtered', async t => {
  const { stdout, stderr } = await shell(t, 'seq 5 >a; printf "6\\n\\n7" >b; streamz take --last 3 a b --summary - ')
  t.is(String(stdout), '5\n6\n7\n')
  t.like(records(stderr)[0], { read: 7, blank: 1, filtered: 4, delivered: 3, undelivered: 0 })
})

test('take --last of more than there are passes all, of none nothing', async t => {
  const stdin = '1\n\n 2.0 \r\nno json\n'
  const all = await streamz(t, ['take', '9', '--last'], { stdin })
  t.is(String(all.stdout), '1\n 2.0 \r\nno json\n')
  const none = await streamz(t, ['take', '--last', '0', '--summary', '-'], { stdin })
  t.is(String(none.stdout), '')
  t.like(records(none.stderr)[0], { read: 3, filtered: 3 })
})
