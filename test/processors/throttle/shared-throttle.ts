import test from 'ava'
import { createSharedThrottle, type SharedThrottleOptions } from '../../../src/processors/throttle/shared-throttle.js'
import { drive } from '../../helpers/processor.js'

/** A limit that lets all pass at once. */
const open: SharedThrottleOptions = {
  take: async wanted => ({
    decisions: wanted.map(() => ({ at: 0 })),
    wait: 0,
    lapse: Number.POSITIVE_INFINITY,
  }),
  explain: error => ({ exit: 74, message: String(error) }),
  mode: 'delay',
  costs: ['record'],
}

test('a reader that is slow holds back what comes next', async t => {
  const arrivals = [
    [0, '1', '2'],
    [0, '3'],
  ] as const
  const { out } = await drive(context => createSharedThrottle(open, context), arrivals, { slow: 100 })
  t.deepEqual(out, [
    [0, '1'],
    [0, '2'],
    [100, '3'],
  ])
})

for (const [missing, passing, filtered] of [
  ['pass', ['{"k":1}', '{"n":1}', '{"k":2}', '{"n":2}'], 0],
  ['drop', ['{"k":1}', '{"k":2}'], 2],
] as const) {
  test(`what has no key: ${missing}`, async t => {
    const asked: string[] = []
    const take: SharedThrottleOptions['take'] = (wanted, refuses) => {
      asked.push(...wanted.map(one => one.key))
      return open.take(wanted, refuses)
    }
    const key = [{ text: '.k', segments: ['k'] }]
    const driven = await drive(
      context => createSharedThrottle({ ...open, take, key, missing }, context),
      [[0, '{"k":1}', '{"n":1}', '{"k":2}', '{"n":2}']],
    )
    t.deepEqual(
      driven.out.map(([, line]) => line),
      passing,
    )
    t.deepEqual([driven.filtered, driven.rejected.length, asked.join()], [filtered, 0, '1,2'])
  })
}

test('what cannot be weighed is rejected where it stands, its neighbours pass', async t => {
  const cost = { text: '.n', segments: ['n'] }
  const lines = ['{"n":1}', '{}', '{"n":2}', 'no', '{"n":3}']
  const { out, rejected } = await drive(
    context => createSharedThrottle({ ...open, costs: [cost] }, context),
    [[0, ...lines]],
  )
  t.deepEqual(
    out.map(([, line]) => line),
    ['{"n":1}', '{"n":2}', '{"n":3}'],
  )
  t.deepEqual(
    rejected.map(({ kind, line }) => [kind, line]),
    [
      ['field', '{}'],
      ['parse', 'no'],
    ],
  )
})
