import test from 'ava'
import { SlotTable } from '../../../src/core/tables/slot-table.js'
import fc from '../../helpers/fast-check.js'

test('a slot table gives each key a slot of its own, whatever is added and removed', t => {
  const step = fc.tuple(fc.constantFrom('add', 'add', 'remove'), fc.nat(60))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), steps => {
      const table = new SlotTable()
      const slots = new Map<string, number>()
      for (const [act, n] of steps) {
        const key = Buffer.from(`key-${n}`)
        const known = slots.get(key.toString())
        t.is(table.find(key, 0, key.length), known ?? -1)
        if (act === 'remove') {
          if (known !== undefined) table.remove(known)
          slots.delete(key.toString())
        } else if (known === undefined) {
          const slot = table.add()
          t.false([...slots.values()].includes(slot))
          slots.set(key.toString(), slot)
        }
        t.is(table.size, slots.size)
      }
      for (const [text, slot] of slots) t.is(table.find(Buffer.from(text), 0, text.length), slot)
    }),
  )
})
