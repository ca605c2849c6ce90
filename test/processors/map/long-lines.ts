import test from 'ava'
import { refuseLongLines } from '../../../src/processors/map/long-lines.js'
import { toLines } from '../../helpers/processor.js'

test('a line of exactly the longest length passes, one byte more is refused whole', t => {
  t.notThrows(() => refuseLongLines(toLines(['12345', '12345']), 5))
  const error = t.throws(() => refuseLongLines(toLines(['1', '123456']), 5))
  t.like(error, { kind: 'output_too_large', failureClass: 'permanent' })
  t.regex(error?.message ?? '', /a line of 6 bytes, but the next stage reads at most 5; --max-line/)
})
