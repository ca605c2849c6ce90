import test from 'ava'
import type { Context } from '../../../src/core/processor.js'
import { createSkipLast } from '../../../src/processors/skip/last.js'
import { toLines } from '../../helpers/processor.js'

test('records that were no neighbours keep the numbers of their lines', t => {
  const out: [number, string][] = []
  const context = {
    emit(lines: Iterable<{ number: number; bytes: Buffer }>) {
      for (const { number, bytes } of lines) out.push([number, bytes.toString().trim()])
    },
    filter() {},
    stopping: new AbortController().signal,
  } as unknown as Context
  const processor = createSkipLast({ count: 3, maxBytes: 1000 }, context)
  processor.push(toLines(['1'], 1))
  // A blank line, or a failure of an earlier stage, stood between them.
  processor.push(toLines(['2', '3'], 7))
  t.deepEqual(out, [])
  processor.push(toLines(['4', '5', '6'], 20))
  t.deepEqual(out, [
    [1, '1'],
    [7, '2'],
    [8, '3'],
  ])
})
