import test from 'ava'
import { parseAggregates } from '../../../src/core/aggregates/parse.js'
import { parsePath } from '../../../src/core/json/path.js'
import { createWindows, type WindowOptions } from '../../../src/processors/window.js'
import fc from '../../helpers/fast-check.js'
import {
  agg,
  type Divided,
  divideByCount,
  divideBySessions,
  divideByTime,
  summarize,
  type Visit,
} from '../../helpers/naive-window.js'
import { drive } from '../../helpers/processor.js'

const visits = fc
  .array(
    fc.record({
      step: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 0, max: 8 }) }, fc.integer({ min: -60, max: 90 })),
      k: fc.constantFrom('a', 'b', 'c'),
      v: fc.option(fc.integer({ min: -5, max: 5 })),
    }),
    { maxLength: 60 },
  )
  .map(steps => {
    let at = 1000
    return steps.map(({ step, k, v }, id): Visit => {
      at = Math.max(0, at + step)
      return { at, k, v, id }
    })
  })

const write = ({ at, k, v, id }: Visit): string =>
  JSON.stringify({ at: new Date(at).toISOString(), k, id, ...(v === null && id % 2 === 0 ? {} : { v }) })

const run = async (span: WindowOptions['span'], lateness: number, input: readonly Visit[]) => {
  const late: number[] = []
  const keep = (lines: { view(): Buffer }) => late.push(JSON.parse(lines.view().toString()).id)
  const options: WindowOptions = {
    span,
    aggregates: parseAggregates(agg),
    time: { path: parsePath('.at'), lateness, late: keep, maxAhead: Number.POSITIVE_INFINITY },
    by: { key: [parsePath('.k')] },
    maxKeys: 100,
    maxBytes: 1e6,
  }
  // In two pushes: what is open survives the end of a push.
  const half = Math.floor(input.length / 2)
  const driven = await drive(
    context => createWindows(options, context),
    [
      [0, ...input.slice(0, half).map(write)],
      [5, ...input.slice(half).map(write)],
    ],
  )
  return { ...driven, late }
}

const write2 = ({ windows }: Divided) =>
  windows.map(({ start, end, visits: held }) => ({
    window: { start: new Date(start).toISOString(), end: new Date(end).toISOString() },
    key: held[0]?.k,
    ...summarize(held),
  }))

const equalModel = test.macro({
  title: name => `${name} hold exactly the records that a naive model puts there`,
  async exec(
    t,
    length: { readonly size?: true; readonly slide?: true; readonly gap?: true; readonly count?: true },
    divide: (input: readonly Visit[], a: number, b: number, lateness: number) => Divided,
  ) {
    const small = fc.integer({ min: 1, max: 40 })
    let some = 0
    await fc.assert(
      fc.asyncProperty(visits, small, small, fc.integer({ min: 0, max: 50 }), async (input, a, b, lateness) => {
        const [long, short] = [Math.max(a, b), Math.min(a, b)]
        const span = length.gap
          ? { gap: a }
          : length.count
            ? { count: Math.ceil(a / 8) }
            : { size: long, ...(length.slide ? { slide: short } : {}) }
        const wanted = divide(input, length.size ? long : length.count ? Math.ceil(a / 8) : a, short, lateness)
        const { out, late, rejected, delivered, taken, filtered } = await run(span, lateness, input)
        t.deepEqual(
          out.map(([, line]) => JSON.parse(line)),
          write2(wanted),
        )
        t.deepEqual(late, wanted.late)
        t.deepEqual([rejected.length, filtered], [0, 0])
        t.is(delivered, taken - late.length)
        some += wanted.late.length
      }),
      { numRuns: 150 },
    )
    t.true(length.count ? some === 0 : some > 0)
  },
})

test('tumbling windows', equalModel, { size: true }, (input, size, _, lateness) =>
  divideByTime(input, size, size, lateness),
)
test('sliding windows', equalModel, { size: true, slide: true }, divideByTime)
test('sessions', equalModel, { gap: true }, (input, gap, _, lateness) => divideBySessions(input, gap, lateness))
test('windows of N records', equalModel, { count: true }, (input, count) => divideByCount(input, count))
