import test from 'ava'
import { parsePath } from '../../src/core/json/path.js'
import { createDebounce, type DebounceOptions } from '../../src/processors/debounce.js'
import { type Arrival, drive } from '../helpers/processor.js'

const debounce = (options: Partial<DebounceOptions>, ...arrivals: readonly Arrival[]) =>
  drive(
    context =>
      createDebounce({ quiet: 100, maxKeys: 10, maxBytes: 1000, by: { key: [parsePath('.k')] }, ...options }, context),
    arrivals,
  )

test('held records may have as many bytes as allowed; one byte more, and the quietest leaves early', async t => {
  const lines = ['{"k":1}', '{"k":2}']
  const fitting = await debounce({ maxBytes: 16 }, [0, lines[0] ?? ''], [1, lines[1] ?? ''], [500])
  t.deepEqual(
    fitting.out.map(([at]) => at),
    [100, 101],
  )
  const tight = await debounce({ maxBytes: 15 }, [0, lines[0] ?? ''], [1, lines[1] ?? ''], [500])
  t.deepEqual(tight.out, [
    [1, '{"k":1}'],
    [101, '{"k":2}'],
  ])
})

test('the longest wait goes before the quiet of others, whichever key began first', async t => {
  const { out } = await debounce(
    { maxWait: 150 },
    [0, '{"k":1,"n":1}'],
    [60, '{"k":1,"n":2}'],
    [70, '{"k":2}'],
    [120, '{"k":1,"n":3}'],
    [1000],
  )
  t.deepEqual(out, [
    [150, '{"k":1,"n":3}'],
    [170, '{"k":2}'],
  ])
})
