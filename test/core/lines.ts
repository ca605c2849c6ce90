import test from 'ava'
import { copyLine, joinLines, Lines } from '../../src/core/lines.js'
import fc from '../helpers/fast-check.js'

const linesOf = (texts: readonly string[], number = 1) =>
  joinLines(texts.map((text, index) => ({ bytes: Buffer.from(`${text}\n`), number: number + index, file: 'f' })))

const textsOf = (lines: Lines) => [...lines].map(({ bytes }) => bytes.toString().slice(0, -1))

test('A slice of a slice is what arrays say it is', t => {
  const texts = fc.array(fc.stringMatching(/^[a-zé]{0,6}$/), { maxLength: 12 })
  fc.assert(
    fc.property(texts, fc.nat(14), fc.nat(14), fc.nat(14), fc.nat(14), (all, from, until, from2, until2) => {
      const wanted = all.slice(from, until).slice(from2, until2)
      const lines = linesOf(all, 7).slice(from, until).slice(from2, until2)
      t.deepEqual(textsOf(lines), wanted)
      t.is(lines.length, wanted.length)
      t.is(lines.view().toString(), wanted.map(text => `${text}\n`).join(''))
      t.is(lines.byteLength, lines.view().length)
      if (lines.length === 0) return
      t.is(lines.number, 7 + from + from2)
      t.deepEqual(
        [...lines].map(({ number, file }) => [number, file]),
        wanted.map((_, index) => [7 + from + from2 + index, 'f']),
      )
    }),
    { numRuns: 500 },
  )
})

test('Nothing has no lines and no bytes', t => {
  for (const lines of [Lines.none, Lines.of(Buffer.alloc(0), 3), joinLines([]), linesOf(['a']).slice(1)]) {
    t.is(lines.length, 0)
    t.is(lines.byteLength, 0)
    t.is(lines.view().length, 0)
  }
})

test('A view shares memory, a copy does not', t => {
  const bytes = Buffer.from('a\nb\n')
  const lines = new Lines(bytes, 0, Int32Array.of(2, 4), 0, 2, 1, undefined)
  const view = lines.at(1)
  const copy = copyLine(view)
  bytes[2] = 0x63
  t.is(view.bytes.toString(), 'c\n')
  t.is(copy.bytes.toString(), 'b\n')
  t.is(copy.number, 2)
})
