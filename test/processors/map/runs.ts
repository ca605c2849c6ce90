import test from 'ava'
import type { RecordContext } from '../../../src/calls/attempts/attempt.js'
import { GaveUp } from '../../../src/calls/attempts/gave-up.js'
import type { RunSink } from '../../../src/calls/worker/runs.js'
import type { Workers } from '../../../src/calls/worker/workers.js'
import { Failure } from '../../../src/core/failure.js'
import type { Line, Lines } from '../../../src/core/lines.js'
import type { Context } from '../../../src/core/processor.js'
import { createRuns } from '../../../src/processors/map/runs.js'
import { replace } from '../../../src/processors/map/shape.js'
import { createMap } from '../../../src/processors/map.js'
import fc from '../../helpers/fast-check.js'
import { drive } from '../../helpers/processor.js'

type End = 'ok' | 'permanent' | 'throttled'

type Plan = {
  readonly ends: readonly End[]
  /** Milliseconds that a run takes, answers that come together, and how long they are held. */
  readonly ms: number
  readonly together: number
  readonly held: number
  /** Every so many verdicts say that the answers do not count. */
  readonly badVerdict: number
  readonly workers: number
  readonly pipeline: number
}

/** What was done for which records. */
type Log = { readonly called: Set<number>; readonly doubted: Set<number>; refused: number }

/** Workers on the fake clock. */
const createFakeWorkers = (plan: Plan, { clock }: Context, log: Log, onRoom: () => void): Workers => {
  const loads = Array.from({ length: plan.workers }, () => 0)
  let verdicts = 0
  const hold = (numbers: number[]): Promise<Failure | undefined> | undefined => {
    if (plan.held === 0) return undefined
    verdicts++
    const isBad = verdicts % plan.badVerdict === 0
    if (isBad) for (const number of numbers) log.doubted.add(number)
    return new Promise(resolve => {
      clock.after(plan.held, () => resolve(isBad ? new Failure('output_parse', 'permanent', 'Unsure') : undefined))
    })
  }
  const tell = (sink: RunSink, lines: Lines): void => {
    for (let index = 0; index < lines.length; ) {
      const end = plan.ends[lines.number + index - 1]
      if (end !== 'ok') {
        if (end === 'permanent') log.called.add(lines.number + index)
        else log.refused++
        sink.failed(new Failure('script', end ?? 'permanent', 'Refused'), 1, plan.ms)
        index++
        continue
      }
      let until = index
      while (until < lines.length && plan.ends[lines.number + until - 1] === 'ok') until++
      const numbers = Array.from({ length: until - index }, (_, more) => lines.number + index + more)
      for (const number of numbers) log.called.add(number)
      sink.answered(lines.slice(index, until), plan.ms, hold(numbers))
      index = until
    }
  }
  return {
    call: () => Promise.reject(new Error('Not here')),
    give(lines, begin) {
      const worker = loads.findIndex(load => load < plan.pipeline)
      if (worker === -1) return 0
      const taken = lines.slice(0, plan.pipeline - (loads[worker] ?? 0))
      loads[worker] = (loads[worker] ?? 0) + taken.length
      const sink = begin(taken)
      const next = (from: number): void => {
        const part = taken.slice(from, from + plan.together)
        if (part.length === 0) return
        clock.after(plan.ms, () => {
          tell(sink, part)
          loads[worker] = (loads[worker] ?? 0) - part.length
          onRoom()
          next(from + part.length)
        })
      }
      next(0)
      return taken.length
    },
    close: () => Promise.resolve(),
    end() {},
  }
}

const anyPlan = fc.record({
  ends: fc.array(fc.constantFrom<End>('ok', 'ok', 'ok', 'ok', 'permanent', 'throttled'), {
    minLength: 1,
    maxLength: 40,
  }),
  ms: fc.integer({ min: 1, max: 20 }),
  together: fc.integer({ min: 1, max: 5 }),
  held: fc.constantFrom(0, 0, 15),
  badVerdict: fc.integer({ min: 2, max: 4 }),
  workers: fc.integer({ min: 1, max: 3 }),
  pipeline: fc.integer({ min: 1, max: 6 }),
})

const anyRun = fc.record({
  plan: anyPlan,
  order: fc.constantFrom('input' as const, 'completion' as const),
  wide: fc.integer({ min: 1, max: 4 }),
  cutAt: fc.constantFrom(undefined, 0, 7, 30, 90),
  slow: fc.constantFrom(undefined, 3),
})

test('each record comes out once, in its turn; behind the place of a cut nothing was done', async t => {
  const seen = { left: 0, refused: 0, doubted: 0, whole: 0 }
  await fc.assert(
    fc.asyncProperty(anyRun, async ({ plan, order, wide, cutAt, slow }) => {
      const log: Log = { called: new Set(), doubted: new Set(), refused: 0 }
      const create = (context: Context) => {
        /** Ten milliseconds later nobody is refused any more. */
        const callLater = async ({ number, bytes }: Line, { stopping }: Pick<RecordContext, 'stopping'>) => {
          await new Promise<void>(resolve => context.clock.after(10, resolve))
          if (stopping?.aborted) {
            throw new GaveUp(new Failure('cancelled', 'transient', 'Cut'), { attempts: 0, duration: 0 }, true)
          }
          log.called.add(number)
          if (plan.ends[number - 1] === 'permanent') throw new Failure('script', 'permanent', 'Refused')
          return [bytes]
        }
        const concurrency = plan.workers * plan.pipeline
        const window = wide * concurrency
        const id = () => 'id'
        return createRuns(
          {
            start: onRoom => createFakeWorkers(plan, context, log, onRoom),
            order,
            window,
            maxLine: 1000,
            id,
            createSlow: inner => ({
              processor: createMap(
                { call: callLater, id, concurrency, order, window, prepare: () => undefined, shape: replace },
                inner,
              ),
              refused: (line, _, record) => callLater(line, record),
            }),
          },
          context,
        )
      }
      const lines = plan.ends.map((_, index) => String(index + 1))
      const options = { ...(cutAt === undefined ? {} : { cutAt }), ...(slow === undefined ? {} : { slow }) }
      const result = await drive(create, [[0, ...lines]], options)
      const out = result.out.map(([, line]) => Number(line))
      const rejected = result.rejected.map(({ line }) => Number(line))
      const left = result.left.map(({ number }) => number)
      if (cutAt === undefined) {
        t.is(out.length + rejected.length, lines.length)
        t.deepEqual(left, [])
        seen.whole++
        const good = (number: number) => plan.ends[number - 1] !== 'permanent' && !log.doubted.has(number)
        t.deepEqual(
          out.toSorted((one, other) => one - other),
          plan.ends.map((_, index) => index + 1).filter(good),
        )
      }
      t.is(new Set([...out, ...rejected]).size, out.length + rejected.length)
      if (order === 'input') {
        t.deepEqual(
          out,
          out.toSorted((one, other) => one - other),
        )
      }
      // Everybody who was called has come out, and nobody behind the first that is left.
      const firstLeft = Math.min(...left, Number.POSITIVE_INFINITY)
      for (const number of log.called) {
        t.true(number < firstLeft)
        t.true(out.includes(number) || rejected.includes(number))
      }
      if (left.length > 0) seen.left++
      if (log.refused > 0) seen.refused++
      if (log.doubted.size > 0) seen.doubted++
    }),
    { numRuns: 300 },
  )
  t.true(seen.left > 5 && seen.refused > 5 && seen.doubted > 5 && seen.whole > 5, JSON.stringify(seen))
})

test('an answer too long for the next stage fails its record alone', async t => {
  const { out, rejected } = await drive(
    context =>
      createRuns(
        {
          start: () => ({
            call: () => Promise.reject(new Error('Not here')),
            give(lines, begin) {
              begin(lines).answered(lines, 1, undefined)
              return lines.length
            },
            close: () => Promise.resolve(),
            end() {},
          }),
          order: 'input',
          window: 10,
          maxLine: 5,
          id: () => 'id',
          createSlow() {
            throw new Error('Nobody was refused')
          },
        },
        context,
      ),
    [[0, '1', '"long line"', '3']],
  )
  t.deepEqual(
    out.map(([, line]) => line),
    ['1', '3'],
  )
  t.deepEqual(
    rejected.map(({ line, kind }) => [line, kind]),
    [['"long line"', 'output_too_large']],
  )
})
