import test from 'ava'
import { Splitter } from '../../src/core/io/split.js'
import fc from '../helpers/fast-check.js'

const line = fc.string({ maxLength: 40 }).map(text => text.replaceAll(/\s/g, '.'))
const chunks = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 })

test('memory that is used again never changes what comes', t => {
  fc.assert(
    fc.property(fc.array(line), chunks, fc.infiniteStream(fc.boolean()), (lines, sizes, moments) => {
      const input = Buffer.from(lines.map(text => `x${text}\n`).join(''))
      const output: Buffer[] = []
      const sink = {
        records: (found: { view(): Buffer }) => output.push(Buffer.from(found.view())),
        failures: () => t.fail(),
        blank: () => t.fail(),
        tooLong: () => t.fail(),
      }
      const splitter = new Splitter({ maxLine: 1000, slab: 64 }, sink)
      for (let at = 0, turn = 0; at < input.length; turn++) {
        const space = splitter.space()
        const count = input.copy(space, 0, at, at + Math.min(space.length, sizes[turn % sizes.length] ?? 1))
        at += count
        splitter.took(count)
        if (moments.next().value) splitter.reuse()
      }
      splitter.end()
      return Buffer.concat(output).equals(input)
    }),
  )
  t.pass()
})

test('memory is used again: a slab never runs out', t => {
  const splitter = new Splitter({ maxLine: 1000, slab: 64 }, { records() {}, failures() {}, blank() {}, tooLong() {} })
  const first = splitter.space().buffer
  for (let turn = 0; turn < 20; turn++) {
    splitter.took(Buffer.from('{"a":1}\n{"b"').copy(splitter.space()))
    splitter.took(Buffer.from(':2}\n').copy(splitter.space()))
    splitter.reuse()
  }
  t.is(splitter.space().buffer, first)
})
