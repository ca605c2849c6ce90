import test from 'ava'
import { LineStore } from '../../../src/core/tables/line-store.js'
import fc from '../../helpers/fast-check.js'
import { toLines } from '../../helpers/processor.js'

test('what is put into slots in any order is read as a Map would give it', t => {
  const action = fc.record({ slot: fc.nat(40), length: fc.oneof(fc.nat(20), fc.nat(3000)), isRemoved: fc.boolean() })
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), actions => {
      const store = new LineStore()
      const model = new Map<number, { text: string; number: number }>()
      for (const [number, { slot, length, isRemoved }] of actions.entries()) {
        if (isRemoved) {
          store.remove(slot)
          model.delete(slot)
          continue
        }
        const text = String(number).padEnd(length, 'x')
        const lines = toLines(['before', text], number)
        store.put(slot, lines, 1)
        // Its own memory: what becomes of the chunk is no matter.
        lines.bytes.fill(0)
        model.set(slot, { text: `${text}\n`, number: number + 1 })
      }
      let bytes = 0
      for (let slot = 0; slot < 45; slot++) {
        const known = model.get(slot)
        t.is(store.lengthOf(slot), known === undefined ? -1 : known.text.length)
        if (known === undefined) continue
        bytes += known.text.length
        const { bytes: line, number, file } = store.read(slot)
        t.deepEqual([String(line), number, file], [known.text, known.number, undefined])
        t.is(store.numberOf(slot), known.number)
      }
      t.is(store.bytes, bytes)
    }),
  )
})
