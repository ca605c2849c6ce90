import test from 'ava'
import { createTester } from '../../helpers/expressions.js'
import fc from '../../helpers/fast-check.js'
import { naiveExpression, recordText } from '../../helpers/naive-expression.js'

test('2,000 expressions say of records what a naive evaluator over JSON.parse says', t => {
  const seen = { true: 0, false: 0 }
  fc.assert(
    fc.property(naiveExpression, fc.array(recordText, { minLength: 4, maxLength: 8 }), ({ text, isTrue }, records) => {
      const isMatch = createTester(text)
      for (const record of records) {
        const wanted = isTrue(JSON.parse(record))
        seen[`${wanted}`]++
        if (isMatch(record) !== wanted) throw new Error(`${text} of ${record} must be ${wanted}`)
      }
    }),
    { numRuns: 2000 },
  )
  t.true(seen.true > 2000 && seen.false > 2000, JSON.stringify(seen))
})

test('integers of any size are compared exactly', t => {
  const big = fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n })
  const near = fc.tuple(big, fc.integer({ min: -1, max: 1 })).map(([one, add]) => [one, one + BigInt(add)] as const)
  fc.assert(
    fc.property(near, fc.constantFrom('', '.0', 'e0', '.000', 'E+0'), ([one, other], ending) => {
      const record = `{"a":${one}${ending},"b":${other}}`
      const order = one < other ? -1 : one > other ? 1 : 0
      for (const right of [`${other}`, `${other}${ending}`, '.b']) {
        for (const [operator, wanted] of [
          ['==', order === 0],
          ['!=', order !== 0],
          ['<', order < 0],
          ['<=', order <= 0],
          ['>', order > 0],
          ['>=', order >= 0],
        ] as const) {
          const text = `.a ${operator} ${right}`
          if (createTester(text)(record) !== wanted) throw new Error(`${text} of ${record} must be ${wanted}`)
        }
      }
    }),
  )
  t.pass()
})
