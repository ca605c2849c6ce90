import test from 'ava'
import { compareCodePoints } from '../../../src/core/json/compare-code-points.js'
import fc from '../../helpers/fast-check.js'

/** Point by point. */
const compareSlowly = (one: string, other: string): number => {
  const [a, b] = [one, other].map(text => [...text].map(character => character.codePointAt(0) as number)) as [
    number[],
    number[],
  ]
  const at = a.findIndex((point, index) => point !== b[index])
  return at === -1 || at >= b.length ? a.length - b.length : (a[at] as number) - (b[at] as number)
}

test('texts are ordered by code points, halves of pairs too', t => {
  const text = fc.string({
    unit: fc.constantFrom('a', 'b', '\ud7ff', '\ue000', '\uffff', '\ud800', '\udbff', '\udc00', '\udfff', '😀', '🏁'),
    maxLength: 6,
  })
  fc.assert(
    fc.property(text, text, (one, other) =>
      t.is(Math.sign(compareCodePoints(one, other)), Math.sign(compareSlowly(one, other))),
    ),
    { numRuns: 3000 },
  )
})
