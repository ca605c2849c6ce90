import test from 'ava'
import { parsePath } from '../../../src/core/json/path.js'
import { createSortedMerge } from '../../../src/core/merge/sorted-merge.js'
import type { Item } from '../../../src/core/stage.js'
import fc from '../../helpers/fast-check.js'
import { toLines } from '../../helpers/processor.js'

const describe = (item: Item): string[] => {
  if (item.kind === 'records') return [...item.lines].map(({ bytes }) => String(bytes).trim())
  return item.kind === 'bad' ? [`bad ${item.rejected.failure.kind} ${String(item.rejected.line.bytes).trim()}`] : []
}

const merge = (count: number, path = '.') => {
  const out: string[] = []
  const { sources, release } = createSortedMerge(parsePath(path), count, item => out.push(...describe(item)))
  return { out, sources: sources as [(typeof sources)[0], ...typeof sources], release }
}

test('nothing leaves before every input has something or is over', t => {
  const { out, sources } = merge(3)
  const [one, two, three] = sources
  one.add(toLines(['1', '5']))
  two?.add(toLines(['2']))
  t.deepEqual(out, [])
  three?.end()
  // Behind 2 of the second there may be a 3 or a 4.
  t.deepEqual(out, ['1', '2'])
  two?.add(toLines(['4', '9']))
  t.deepEqual(out, ['1', '2', '4', '5'])
  one.end()
  two?.end()
  t.deepEqual(out, ['1', '2', '4', '5', '9'])
})

test('an input that is ahead is asked to wait until it is needed', async t => {
  const { sources } = merge(2)
  const [one, two] = sources
  t.is(one.whenEmpty(), undefined)
  one.add(toLines(['1', '2']))
  let free = false
  const waiting = one.whenEmpty()?.then(() => {
    free = true
  })
  two?.add(toLines(['1']))
  await Promise.resolve()
  t.false(free)
  two?.add(toLines(['7']))
  await waiting
  t.true(free)
  t.true(one.isEmpty)
})

test('at the end of the run held lines are given back, and nothing waits', async t => {
  const { out, sources, release } = merge(2)
  const [one, two] = sources
  one.add(toLines(['1', '4']))
  two?.add(toLines(['2']))
  t.deepEqual(out, ['1', '2'])
  const waiting = one.whenEmpty()
  release()
  await waiting
  one.add(toLines(['5']))
  t.deepEqual(out, ['1', '2', '4', '5'])
})

test('bad records come in their place', t => {
  const { out, sources } = merge(2, '.t')
  const [one, two] = sources
  const lines = ['{"t":2}', '{"t":1}', '{"t":[]}', '{}', 'no', '{"t":2,"n":2}', '{"t":"a"}']
  one.add(toLines(lines))
  two?.end()
  t.deepEqual(out, [
    '{"t":2}',
    'bad field {"t":1}',
    'bad field {"t":[]}',
    'bad field {}',
    'bad parse no',
    '{"t":2,"n":2}',
    '{"t":"a"}',
  ])
})

const ranks: Readonly<Record<string, number>> = { object: 0, number: 1, string: 2 }
const compare = (one: unknown, other: unknown): number => {
  if (typeof one !== typeof other) return (ranks[typeof one] ?? 0) - (ranks[typeof other] ?? 0)
  return one === other ? 0 : (one as number) < (other as number) ? -1 : 1
}

test('any inputs, in any portions, are merged as a stable sort would, but for what is out of order', t => {
  const value = fc.oneof(fc.nat(20), fc.constantFrom('', 'a', 'b'), fc.constant(null))
  const input = fc.array(fc.tuple(value, fc.boolean()), { maxLength: 20 })
  const inputs = fc.array(
    fc.oneof(
      input,
      input.map(all => all.toSorted(([one], [other]) => compare(one, other))),
    ),
    { minLength: 1, maxLength: 5 },
  )
  fc.assert(
    fc.property(inputs, fc.infiniteStream(fc.nat(4)), (all, choices) => {
      const records = all.map((list, file) =>
        list.map(([t, cut], index) => ({ value: t, cut, line: JSON.stringify({ t, file, index }) })),
      )
      const bad: string[] = []
      const good = records.flatMap(list => {
        let last: unknown = null
        return list.filter(({ value, line }) => {
          const fits = compare(value, last) >= 0
          if (fits) last = value
          else bad.push(`bad field ${line}`)
          return fits
        })
      })
      const { out, sources } = merge(all.length, '.t')
      const portions = records.map(list => {
        const cuts = list.flatMap(({ cut }, index) => (cut ? [index] : []))
        return [0, ...cuts].map((from, at) => list.slice(from, [...cuts, list.length][at]).map(({ line }) => line))
      })
      // The inputs come in any order.
      let left = portions.reduce((sum, list) => sum + list.length + 1, 0)
      while (left > 0) {
        const file = choices.next().value % all.length
        const own = portions[file] as string[][]
        for (let at = 0; at < all.length; at++) {
          const which = (file + at) % all.length
          const portion = portions[which]?.shift()
          if (portion === undefined) continue
          if (portion.length > 0) sources[which]?.add(toLines(portion))
          if (portions[which]?.length === 0) {
            sources[which]?.end()
            left--
          }
          left--
          break
        }
        if (own.length === 0 && portions.every(list => list.length === 0)) break
      }
      const sorted = good.toSorted((one, other) => compare(one.value, other.value)).map(({ line }) => line)
      t.deepEqual(
        out.filter(line => !line.startsWith('bad')),
        sorted,
      )
      t.deepEqual(out.filter(line => line.startsWith('bad')).toSorted(), bad.toSorted())
    }),
  )
})
