import test from 'ava'
import { createEntryTable } from '../../../src/core/tables/entry-table.js'
import fc from '../../helpers/fast-check.js'

test('agrees with a Map', t => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.nat(1e6), fc.nat(3))), entries => {
      const table = createEntryTable()
      const model = new Map<string, readonly [number, number]>()
      for (const [name, value, state] of entries) {
        const bytes = Buffer.from(`-${name}-`)
        const known = model.get(name)
        t.is(table.find(bytes, 1, bytes.length - 1) === -1, known === undefined)
        const place = table.place(bytes, 1, bytes.length - 1)
        t.is(table.value(place), known?.[0] ?? -1)
        t.is(table.state(place), known?.[1] ?? 0)
        table.setValue(place, value)
        table.setState(place, state)
        model.set(name, [value, state])
      }
      t.is(table.size, model.size)
      const all: (readonly [number, number])[] = []
      table.each((value, state) => all.push([value, state]))
      t.deepEqual(all.sort(), [...model.values()].sort())
    }),
  )
})

test('grows to 100,000 entries and loses none', t => {
  const table = createEntryTable()
  const name = (number: number) => Buffer.from(`entry-${number}`)
  for (let number = 0; number < 100_000; number++) {
    table.setValue(table.place(name(number), 0, name(number).length), number)
  }
  t.is(table.size, 100_000)
  for (let number = 0; number < 100_000; number += 7) {
    const bytes = name(number)
    if (table.value(table.find(bytes, 0, bytes.length)) !== number) t.fail(`${number} is not found`)
  }
})
