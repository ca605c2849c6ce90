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

test('a slow reader holds back the next records', async t => {
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

test('a record without a valid cost is rejected in its place, its neighbours pass', async t => {
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

/** Slots at these moments of the wall clock, one answer a question; told is for how many was asked. */
const answering = (lapse: number, ...answers: readonly (readonly number[])[]) => {
  const asked: number[] = []
  const start = Date.UTC(2026, 0, 1)
  return {
    asked,
    async take(wanted: readonly unknown[]) {
      asked.push(wanted.length)
      const at = answers[asked.length - 1]
      if (at === undefined) throw new Error('asked too often')
      return { decisions: at.map(ms => ({ at: start + ms })), wait: 0, lapse }
    },
  }
}

test('a slot that was not used in time lapses, and others are asked for', async t => {
  // The reader sleeps for a second over the first record, and both slots behind it have gone by.
  const { asked, take } = answering(100, [0, 10, 20], [1005, 1010], [2010])
  const { out } = await drive(context => createSharedThrottle({ ...open, take }, context), [[0, '1', '2', '3']], {
    slow: 1000,
  })
  t.deepEqual(asked, [3, 2, 1])
  t.deepEqual(
    out.map(([, line]) => line),
    ['1', '2', '3'],
  )
  t.true((out[1]?.[0] ?? 0) >= 1005 && (out[2]?.[0] ?? 0) >= 2010, String(out))
})

test('a slot that is late by no more than its time is used, and one that was due when it was taken never lapses', async t => {
  for (const lapse of [1000, Number.POSITIVE_INFINITY]) {
    const { asked, take } = answering(lapse, [0, 10, 20])
    const { out } = await drive(context => createSharedThrottle({ ...open, take }, context), [[0, '1', '2', '3']], {
      slow: 500,
    })
    t.deepEqual(asked, [3])
    t.is(out.length, 3)
  }
})
