import { type BreakerOptions, createBreakerOptions } from '../../src/core/breaker/options.js'
import fc from './fast-check.js'

/** Any sensible options, small enough that everything happens within a few dozen calls. No jitter. */
export const anyOptions: fc.Arbitrary<BreakerOptions> = fc
  .record({
    count: fc.option(fc.integer({ min: 3, max: 12 }), { nil: undefined }),
    time: fc.integer({ min: 100, max: 3000 }),
    timed: fc.boolean(),
    minCalls: fc.integer({ min: 1, max: 8 }),
    failRate: fc.option(fc.constantFrom(0.25, 0.5, 0.75, 1), { nil: undefined }),
    consecutive: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    consecutiveOf: fc.constantFrom('transient' as const, 'counted' as const),
    slow: fc.option(fc.record({ limit: fc.constant(50), rate: fc.constantFrom(0.5, 1) }), { nil: undefined }),
    first: fc.integer({ min: 50, max: 1000 }),
    probes: fc.integer({ min: 1, max: 3 }),
    lease: fc.integer({ min: 50, max: 500 }),
  })
  .filter(({ failRate, consecutive }) => failRate !== undefined || consecutive !== undefined)
  .map(({ count, time, timed, first, ...rest }) =>
    createBreakerOptions({
      ...rest,
      window: { count, time: timed || count === undefined ? time : undefined },
      openFor: { first, longest: first * 4, jitter: 0 },
    }),
  )

export type AnyEvent =
  | { type: 'pass'; ms: number }
  | { type: 'admit' }
  | { type: 'settle'; pick: number; result: 'ok' | 'failure' | 'ignored' | 'throttled' | 'cancelled'; duration: number }
  | { type: 'force'; state: 'open' | 'closed'; ms: number }
  | { type: 'reset' }

const result = fc.oneof(
  { weight: 4, arbitrary: fc.constant('ok' as const) },
  { weight: 4, arbitrary: fc.constant('failure' as const) },
  { weight: 1, arbitrary: fc.constantFrom('ignored' as const, 'throttled' as const, 'cancelled' as const) },
)

/** Time passing, calls beginning and ending in any order, and now and then a hand on the switch. */
export const anyEvents: fc.Arbitrary<AnyEvent[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ type: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 400 }) }) },
    { weight: 20, arbitrary: fc.record({ type: fc.constant('admit' as const) }) },
    {
      weight: 20,
      arbitrary: fc.record({
        type: fc.constant('settle' as const),
        pick: fc.nat(20),
        result,
        duration: fc.constantFrom(10, 50, 51, 400),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant('force' as const),
        state: fc.constantFrom('open' as const, 'closed' as const),
        ms: fc.integer({ min: 1, max: 900 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('reset' as const) }) },
  ),
  { maxLength: 120 },
)
