import test from 'ava'
import { createLimit } from '../../src/core/rules/gcra.js'
import { createThrottle, type ThrottleOptions } from '../../src/processors/throttle.js'
import { drive } from '../helpers/processor.js'

const throttle = (maxWait: number) =>
  drive(
    context =>
      createThrottle(
        { limit: createLimit(1, 1000), mode: 'delay', maxKeys: 10, cost: 'record', maxWait } satisfies ThrottleOptions,
        context,
      ),
    [[0, '1', '2']],
  )

test('a record that has to wait exactly as long as it may passes, and one that has to wait longer fails', async t => {
  // A record may be 10 ms early.
  const passed = await throttle(990)
  t.deepEqual(passed.out, [
    [0, '1'],
    [990, '2'],
  ])
  const failed = await throttle(989)
  t.deepEqual(failed.out, [[0, '1']])
  t.deepEqual(failed.rejected, [{ at: 0, kind: 'throttled', line: '2' }])
})
