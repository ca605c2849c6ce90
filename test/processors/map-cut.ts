import test from 'ava'
import { createAttempts } from '../../src/calls/attempts/create-attempts.js'
import type { Guard } from '../../src/calls/attempts/guard.js'
import { Refused } from '../../src/calls/attempts/refused.js'
import { waitForRetry } from '../../src/calls/attempts/wait-for-retry.js'
import { Failure } from '../../src/core/failure.js'
import type { Line } from '../../src/core/lines.js'
import type { Context } from '../../src/core/processor.js'
import { replace } from '../../src/processors/map/shape.js'
import { createMap } from '../../src/processors/map.js'
import fc from '../helpers/fast-check.js'
import { drive } from '../helpers/processor.js'

type Fate = { readonly ms: number; readonly ends: readonly ('ok' | 'transient' | 'throttled' | 'permanent')[] }

const anyFate: fc.Arbitrary<Fate> = fc.record({
  ms: fc.integer({ min: 0, max: 50 }),
  ends: fc.array(fc.constantFrom('ok', 'ok', 'transient', 'throttled', 'permanent'), { minLength: 1, maxLength: 3 }),
})

const anyRun = fc.record({
  fates: fc.array(anyFate, { minLength: 1, maxLength: 30 }),
  concurrency: fc.integer({ min: 1, max: 4 }),
  wide: fc.integer({ min: 1, max: 4 }),
  order: fc.constantFrom('input' as const, 'completion' as const),
  keys: fc.integer({ min: 0, max: 3 }),
  retries: fc.integer({ min: 0, max: 2 }),
  cutAt: fc.integer({ min: 0, max: 600 }),
  slow: fc.constantFrom(undefined, 5),
})

test('wherever a run is cut: from line K on nothing was done, before it nothing is left', async t => {
  const seen = { left: 0, cancelled: 0, whole: 0 }
  await fc.assert(
    fc.asyncProperty(anyRun, async ({ fates, concurrency, wide, order, keys, retries, cutAt, slow }) => {
      const called = new Set<number>()
      const create = (context: Context) => {
        const tries = new Map<number, number>()
        const call = async ({ number, bytes }: Line) => {
          const { ms, ends } = fates[number - 1] as Fate
          const time = tries.get(number) ?? 0
          tries.set(number, time + 1)
          const end = ends[Math.min(time, ends.length - 1)]
          await new Promise<void>(resolve => context.clock.after(ms, resolve))
          if (end !== 'throttled') called.add(number)
          if (end === 'ok') return [bytes]
          throw new Failure('exit', end ?? 'permanent', 'Failed')
        }
        // Who is refused comes again after a while, and that is no attempt.
        const refused = new Map<number, number>()
        const { clock, stopping } = context
        const guard: Guard = async ({ number }, attempt) => {
          const left = (refused.get(number) ?? 0) - clock.now()
          if (left > 0 && !(await waitForRetry(left, clock, [stopping, attempt.killing], attempt.slot)))
            throw new Refused(new Failure('cancelled', 'transient', 'Cancelled'), undefined)
          return error => {
            if (!(error instanceof Failure && error.failureClass === 'throttled')) return undefined
            refused.set(number, clock.now() + 70)
            return { notBefore: clock.now() + 70 }
          }
        }
        const retried = createAttempts(call, {
          timeout: 0,
          retries,
          backoff: () => 70,
          recordDeadline: 0,
          clock,
          guard,
        })
        const prepare = ({ number }: Line) => (keys === 0 ? undefined : String(number % keys))
        const id = () => 'id'
        const window = concurrency * wide
        const options = { id, concurrency, order, window, prepare, shape: replace }
        return createMap({ ...options, call: retried }, context)
      }
      const lines = fates.map((_, index) => String(index + 1))
      const driven = await drive(create, [[0, ...lines]], { cutAt, ...(slow === undefined ? {} : { slow }) })
      const done = driven.out.map(([, line]) => Number(line))
      const failed = driven.rejected.filter(({ kind }) => kind !== 'cancelled').map(({ line }) => Number(line))
      const cancelled = driven.rejected.filter(({ kind }) => kind === 'cancelled').map(({ line }) => Number(line))
      const left = driven.left.map(({ number }) => number)
      // Each record that was read is accounted for once, in one way.
      const all = [...done, ...failed, ...cancelled, ...left].toSorted((one, other) => one - other)
      if (all.join() !== lines.slice(0, driven.taken).join()) throw new Error(`read ${driven.taken}: ${all}`)
      const next = Math.max(0, ...done, ...failed, ...called) + 1
      const early = left.filter(number => number < next)
      const late = [...done, ...failed, ...cancelled].filter(number => number >= next)
      if (early.length + late.length > 0) throw new Error(`K is ${next}: left ${early}, in a file ${late}`)
      seen.left += left.length
      seen.cancelled += cancelled.length
      seen.whole += driven.taken === lines.length && left.length + cancelled.length === 0 ? 1 : 0
      // In the order of the input a record that was never called is in no file.
      const isRefused = fates.some(({ ends }) => ends.includes('throttled'))
      if (
        order === 'input' &&
        keys === 0 &&
        concurrency === 1 &&
        !isRefused &&
        cancelled.some(number => !called.has(number))
      )
        throw new Error(`never called: ${cancelled}`)
    }),
    { numRuns: 500 },
  )
  t.true(seen.left > 100 && seen.cancelled > 100 && seen.whole > 10, JSON.stringify(seen))
})
