import test from 'ava'
import { createGcra, createLimit } from '../../src/core/rules/gcra.js'
import { createReplay, type ReplayOptions } from '../../src/processors/replay.js'
import { failure } from '../helpers/dlq.js'
import { drive } from '../helpers/processor.js'

const entry = (record: string): string => failure({ record }).trimEnd()
const placeIn = (line: string): number => line.indexOf('"record":') + 9

const replay = (lines: readonly string[], options: Partial<ReplayOptions> = {}) =>
  drive(
    context =>
      createReplay(
        {
          fields: [],
          where: [],
          look: () => 'wanted',
          recordAt: () => 0,
          lastLine: lines.length,
          limit: Number.POSITIVE_INFINITY,
          rates: [],
          ...options,
        },
        context,
      ),
    [[0, ...lines]],
  )

const out = ({ out }: Awaited<ReturnType<typeof replay>>) => out.map(([, line]) => line)

test('a record whose place is known is taken without reading its entry again', async t => {
  // Whoever reads this finds damage.
  const line = '{"$streamz":"error/1",!!!!,"record":{"n":1.0}}'
  const found = await replay([line], { recordAt: () => placeIn(line) })
  t.deepEqual(out(found), ['{"n":1.0}'])
})

test('a record that is not at its place is looked for, and damage is found', async t => {
  const lines = [entry('1'), '{"$streamz":"error/1",!!!!,"record":2}', entry('3')]
  const found = await replay(lines, { recordAt: () => 7 })
  t.deepEqual(out(found), ['1', '3'])
  t.deepEqual(
    found.rejected.map(({ kind, line }) => [kind, line]),
    [['parse', lines[1]]],
  )
})

test('skipped lines are filtered, unreadable ones are failures even if their place is known', async t => {
  const lines = [entry('1'), entry('2'), entry('3')]
  const found = await replay(lines, {
    look: number => (['passed', 'unreadable', 'wanted'] as const)[number - 1] ?? 'passed',
    recordAt: number => placeIn(lines[number - 1] ?? ''),
  })
  t.deepEqual(out(found), ['3'])
  t.is(found.filtered, 1)
  t.is(found.rejected.length, 1)
})

test('an entry that is refused at the last check is filtered, and counts for no limit', async t => {
  const asked: number[] = []
  const lines = [entry('1'), entry('2'), entry('3'), entry('4')]
  const found = await replay(lines, {
    limit: 2,
    isWanted(number) {
      asked.push(number)
      return number !== 2
    },
  })
  t.deepEqual(out(found), ['1', '3'])
  t.is(found.filtered, 1)
  t.deepEqual(asked, [1, 2, 3])
  t.true(found.stopped)
})

test('lines after the last one stay', async t => {
  const found = await replay([entry('1'), entry('2')], { lastLine: 1 })
  t.deepEqual(out(found), ['1'])
  t.is(found.taken, 1)
})

test('the entry shown instead of its record is read', async t => {
  const line = entry('1')
  const found = await replay([line], {
    fields: ['message'],
    recordAt: () => placeIn(line),
    show: reader => Buffer.from(`${reader.text('message')}\n`),
  })
  t.deepEqual(out(found), ['Command exited with 3'])
})

test('entries keep to a rate', async t => {
  const rates = [createGcra(createLimit(1, 1000, 1))]
  const found = await replay([entry('1'), entry('2'), entry('3')], { rates })
  t.deepEqual(out(found), ['1', '2', '3'])
  const [first = -1, second = -1, third = -1] = found.out.map(([at]) => at)
  t.is(first, 0)
  // Up to 10 ms early, as every rate.
  t.true(second >= 990 && second <= 1000 && third >= 1990 && third <= 2000, `${second} ${third}`)
})
