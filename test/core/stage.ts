import test from 'ava'
import type { Rejected } from '../../src/core/envelope.js'
import { parseExpression } from '../../src/core/expressions/parse.js'
import { Failure } from '../../src/core/failure.js'
import type { Receipt } from '../../src/core/io/output.js'
import type { Ledger } from '../../src/core/ledger.js'
import { copyLine, type Line, Lines } from '../../src/core/lines.js'
import type { Context, Processor } from '../../src/core/processor.js'
import { createLimit } from '../../src/core/rules/gcra.js'
import type { StopReason } from '../../src/core/run.js'
import type { StageOptions } from '../../src/core/stage.js'
import { createBatch } from '../../src/processors/batch.js'
import { replace } from '../../src/processors/map/shape.js'
import { createMap } from '../../src/processors/map.js'
import { type Branch, createBranches } from '../../src/processors/route/branches.js'
import { createSkip } from '../../src/processors/skip.js'
import { createTake } from '../../src/processors/take.js'
import { createThrottle } from '../../src/processors/throttle.js'
import { createUnbatch } from '../../src/processors/unbatch.js'
import fc from '../helpers/fast-check.js'
import { turn } from '../helpers/pipe.js'
import { assertBalanced, startTest } from '../helpers/run.js'

type Create = (context: Context) => Processor
type Step = { readonly name: string; readonly create: Create }

/** A call after so many turns that fails for every third line. */
const calls =
  (turns: number, order: 'input' | 'completion', pause = async () => {}): Create =>
  context =>
    createMap(
      {
        async call(line, { killing }) {
          for (let wait = 0; wait < turns && !killing.aborted; wait++) await pause()
          if (killing.aborted) throw killing.reason
          if (line.number % 3 === 0) throw new Failure('exit', 'permanent', 'Exited with 1')
          return [line.bytes]
        },
        id: () => 'id',
        concurrency: 3,
        order,
        window: 5,
        batch: false,
        prepare: () => undefined,
        shape: replace,
      },
      context,
    )

/** Holds every line for some turns, and drops, rejects or passes it. */
const odd =
  (seed: number): Create =>
  context => {
    const running = new Set<Promise<void>>()
    const treat = async (line: Line) => {
      for (let wait = 0; wait < (line.number * seed) % 5; wait++) await null
      const fate = (line.number * 7 + seed) % 4
      if (fate === 0) context.filter(1)
      else if (fate === 1) context.reject(line, new Failure('field', 'input', 'Odd'))
      else await context.emit(Lines.fromLine(line))
    }
    return {
      push(lines) {
        const taken = Math.min(lines.length, 1 + (seed % 3))
        context.giveBack(lines.slice(taken))
        for (const line of lines.slice(0, taken)) {
          const one = treat(copyLine(line)).finally(() => running.delete(one))
          running.add(one)
        }
        if (running.size > 4) return Promise.race(running)
      },
      async end() {
        await Promise.all(running)
      },
    }
  }

const paced =
  (mode: 'drop' | 'reject', burst: number): Create =>
  context =>
    createThrottle(
      { limit: createLimit(1, 3_600_000, burst), mode, key: undefined, maxKeys: 1, cost: 'record', maxWait: undefined },
      context,
    )

const small = fc.integer({ min: 1, max: 7 })
const takeSome = (count: number): Step => ({
  name: `take ${count}`,
  create: (context: Context) => createTake({ count }, context),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  small.map(count => ({ name: `skip ${count}`, create: (context: Context) => createSkip({ count }, context) })),
  fc.integer({ min: 0, max: 40 }).map(takeSome),
  small.map(size => ({
    name: `batch ${size}`,
    create: (context: Context) => createBatch({ size, bytes: 1000, maxKeys: 1, envelope: false }, context),
  })),
  fc.constant({ name: 'unbatch', create: (context: Context) => createUnbatch({ items: false }, context) }),
  small.map(burst => ({ name: `drop ${burst}`, create: paced('drop', burst) })),
  small.map(burst => ({ name: `reject ${burst}`, create: paced('reject', burst) })),
  small.map(turns => ({ name: `map ${turns}`, create: calls(turns, turns % 2 === 0 ? 'input' : 'completion') })),
  small.map(seed => ({ name: `odd ${seed}`, create: odd(seed) })),
)

const line = fc.oneof(
  { arbitrary: fc.integer({ min: 0, max: 99 }).map(String), weight: 8 },
  { arbitrary: fc.constant('[1,2,3]'), weight: 3 },
  { arbitrary: fc.constant('{"$streamz":"error/1","record":1}'), weight: 1 },
  { arbitrary: fc.constantFrom('', 'not JSON', '[]'), weight: 1 },
)

const reasons: readonly StopReason[] = [
  { why: 'signal', signal: 'SIGTERM' },
  { why: 'failed', message: 'disk full' },
  { why: 'closed' },
]
const stop = fc.option(fc.record({ reason: fc.constantFrom(...reasons), turns: fc.integer({ min: 0, max: 30 }) }), {
  freq: 2,
})

test('every stage of a random chain balances, and `out` of each is what the next one reads', async t => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 5 }),
      fc.array(line, { maxLength: 60 }),
      stop,
      async (steps, lines, cut) => {
        const text = lines.map(one => `${one}\n`).join('')
        const { run, end } = startTest([text], { create: steps.map(({ create }) => create) })
        const stopping = async () => {
          for (let wait = 0; wait < (cut?.turns ?? 0); wait++) await (wait % 3 === 0 ? turn() : null)
          if (cut !== null) run.stop(cut.reason)
        }
        await Promise.all([stopping(), run.finished])
        const { ledgers, text: written } = await end()
        const what = `${steps.map(({ name }) => name).join(' | ')}, ${lines.length} lines, ${cut?.reason.why}`
        for (const [index, ledger] of ledgers.entries()) {
          assertBalanced(t, ledger, `${what}: stage ${index + 1}`)
          const next = ledgers[index + 1]
          const taken = next === undefined ? countGood(written) : next.lines - next.upstream
          t.is(ledger.out, taken, `${what}: out of stage ${index + 1}`)
          if (cut === null) t.is(ledger.undelivered, 0, `${what}: nothing is undelivered without a stop`)
        }
        if (!steps.some(({ name }) => name.startsWith('take'))) {
          for (const ledger of ledgers) t.is(ledger.unneeded, 0, `${what}: everything is needed`)
        }
      },
    ),
    { numRuns: 500 },
  )
})

type Way = Branch & { readonly line: readonly Node[] }
type Node = Step & { readonly ways: readonly Way[] }

const conditions = [33, 66].map(limit => parseExpression(`.n > ${limit}`))
const tree: fc.Arbitrary<readonly Node[]> = fc.letrec<{ line: readonly Node[]; node: Node; ways: readonly Way[] }>(
  tie => ({
    line: fc.array(tie('node'), { maxLength: 3 }),
    ways: fc
      .array(fc.record({ line: tie('line'), isDropped: fc.boolean() }), {
        minLength: 1,
        maxLength: 3,
      })
      .map(ways =>
        ways.map(({ line, isDropped }, index) => ({
          name: String(index),
          where: conditions[index],
          isDropped: isDropped && line.length === 0,
          line,
        })),
      ),
    node: fc.oneof(
      { maxDepth: 3 },
      { arbitrary: step.map(one => ({ ...one, ways: [] })), weight: 2 },
      { arbitrary: small.map(count => ({ ...takeSome(count), ways: [] })), weight: 1 },
      {
        arbitrary: tie('ways').map(ways => ({
          name: `route (${ways.map(({ line }) => describeTree(line)).join('; ')})`,
          create: (context: Context) => createBranches(ways, context),
          ways,
        })),
        weight: 2,
      },
    ),
  }),
).line

const describeTree = (nodes: readonly Node[]): string => nodes.map(({ name }) => name).join(' | ')

/** Counts what it takes, and sometimes asks to wait. */
const createCounter = () => {
  const counter = {
    isFull: false,
    count: 0,
    accept(lines: Lines, records: number, from: Ledger) {
      counter.count += lines.length
      from.good.delivered(records, lines.length)
      if (counter.count % 3 === 0) return turn()
    },
    pass() {},
  }
  return counter
}

/** Each stage in the order of the ledgers, with what counts the lines that it passes on. */
type Wired = { readonly name: string; readonly takers: readonly (() => number)[] }

test('every stage of a random tree balances, and `out` of each is what the next one and its branches read', async t => {
  const record = fc.oneof(
    { arbitrary: fc.integer({ min: 0, max: 99 }).map(n => `{"n":${n}}`), weight: 8 },
    { arbitrary: fc.constantFrom('[{"n":1},{"n":50},{"n":99}]', '', 'not JSON'), weight: 2 },
  )
  await fc.assert(
    fc.asyncProperty(tree, fc.array(record, { minLength: 10, maxLength: 60 }), stop, async (nodes, lines, cut) => {
      if (nodes.length === 0) return
      const rejected = { put: (_: unknown, receipt: Receipt) => receipt.delivered(1), flush() {} }
      const wired: Wired[] = []
      const readBy = (index: number) => () => (run.ledgers[index]?.lines ?? 0) - (run.ledgers[index]?.upstream ?? 0)
      const wire = (line: readonly Node[], end: () => number): readonly StageOptions[] =>
        line.map((node, at) => {
          const takers: (() => number)[] = []
          wired.push({ name: node.name, takers })
          const branches = node.ways
            .filter(({ isDropped }) => !isDropped)
            .map(way => {
              const outlet = createCounter()
              const first = wired.length
              takers.push(way.line.length === 0 ? () => outlet.count : readBy(first))
              return { stages: wire(way.line, () => outlet.count), outlet }
            })
          const passesNone = node.ways.some(({ where }) => where === undefined)
          const next = wired.length
          takers.push(at === line.length - 1 ? end : readBy(next))
          return { create: node.create, failures: rejected, branches, passesNone }
        })
      let written = ''
      const stages = wire(nodes, () => countGood(written))
      const { run, end } = startTest([lines.map(one => `${one}\n`).join('')], { create: [], stages })
      const stopping = async () => {
        for (let wait = 0; wait < (cut?.turns ?? 0); wait++) await (wait % 3 === 0 ? turn() : null)
        if (cut !== null) run.stop(cut.reason)
      }
      await Promise.all([stopping(), run.finished])
      written = (await end()).text
      const what = `${describeTree(nodes)}, ${lines.length} lines, ${cut?.reason.why}`
      t.is(run.ledgers.length, wired.length)
      for (const [index, { name, takers }] of wired.entries()) {
        const ledger = run.ledgers[index] as Ledger
        assertBalanced(t, ledger, `${what}: ${name}`)
        t.is(
          ledger.out,
          takers.reduce((sum, count) => sum + count(), 0),
          `${what}: out of ${name}`,
        )
        if (cut === null) t.is(ledger.undelivered, 0, `${what}: nothing is undelivered without a stop`)
        if (!what.includes('take')) t.is(ledger.unneeded, 0, `${what}: everything is needed`)
      }
    }),
    { numRuns: 150 },
  )
})

test('a run with branches that is cut goes on behind all that was done in any of them', async t => {
  const orders = fc.constantFrom('input' as const, 'completion' as const)
  const one = fc.record({ turns: small, order: orders })
  await fc.assert(
    fc.asyncProperty(one, one, one, fc.integer({ min: 0, max: 60 }), async (first, second, last, turns) => {
      const done: number[] = []
      const failures = {
        put({ line }: Rejected, receipt: Receipt) {
          done.push(line.number)
          receipt.delivered(1)
        },
        flush() {},
      }
      const outlet = {
        isFull: false,
        accept(lines: Lines, records: number, from: Ledger) {
          for (const { number } of lines) done.push(number)
          from.good.delivered(records, lines.length)
        },
        pass() {},
      }
      const stages = [
        {
          create: (context: Context) =>
            createBranches(
              conditions.map((where, index) => ({ name: String(index), where, isDropped: false })),
              context,
            ),
          failures,
          branches: [first, second].map(({ turns, order }) => ({
            stages: [{ create: calls(turns, order, turn), failures }],
            outlet,
          })),
        },
        { create: calls(last.turns, last.order, turn), failures },
      ]
      const text = Array.from({ length: 80 }, (_, index) => `{"n":${(index * 37) % 100}}\n`).join('')
      const { run, end } = startTest([text], { create: [], stages })
      const stopping = async () => {
        for (let wait = 0; wait < turns; wait++) await (wait % 3 === 0 ? turn() : null)
        run.stop({ why: 'signal', signal: 'SIGTERM' })
      }
      await Promise.all([stopping(), run.finished])
      const { text: written } = await end()
      // What goes on to the output is told by its value.
      const values = new Map(text.split('\n').map((line, index) => [line, index + 1]))
      for (const line of written.split('\n').slice(0, -1)) done.push(values.get(line) ?? 0)
      const resume = Math.min(run.ledger.read + 1, ...run.ledgers.flatMap(({ resume }) => resume?.number ?? []))
      t.deepEqual(
        done.toSorted((a, b) => a - b),
        Array.from({ length: resume - 1 }, (_, index) => index + 1),
      )
    }),
    { numRuns: 40 },
  )
})

const countGood = (text: string): number =>
  text.split('\n').filter(one => one !== '' && !one.startsWith('{"$streamz"')).length

test('records of earlier stages are not needed when a later one has enough, and are not reported', async t => {
  const { end } = startTest(['1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n'], {
    create: [
      context => createSkip({ count: 5 }, context),
      calls(3, 'input'),
      context => createTake({ count: 2 }, context),
    ],
  })
  const { ledgers, text, cut } = await end()
  t.is(text, '7\n8\n')
  t.deepEqual(cut, { why: 'stopped' })
  const [skip, map, take] = ledgers
  t.like(skip, { filtered: 5, undelivered: 0, failed: 0 })
  t.like(map, { out: 2, undelivered: 0 })
  t.true((map?.unneeded ?? 0) > 0)
  t.like(take, { read: 2, delivered: 2, out: 2 })
})

test('a batch is delivered when its line is taken', async t => {
  const { end } = startTest([Array.from({ length: 210 }, (_, index) => `${index}\n`).join('')], {
    create: [
      context => createBatch({ size: 10, bytes: 1000, maxKeys: 1, envelope: false }, context),
      context => createUnbatch({ items: false }, context),
    ],
  })
  const { ledgers } = await end()
  t.like(ledgers[0], { read: 210, delivered: 210, out: 21 })
  t.like(ledgers[1], { read: 21, delivered: 21, out: 210 })
})
