import test from 'ava'
import { parseExpression } from '../../../src/core/expressions/parse.js'
import { createTester } from '../../helpers/expressions.js'
import fc from '../../helpers/fast-check.js'

const says = (pattern: string, text: string): boolean => createTester(`.a =~ "${pattern}"`)(JSON.stringify({ a: text }))

test('patterns are searched for anywhere, case and all', t => {
  t.true(says('b+', 'abbc'))
  t.false(says('B', 'abc'))
  t.true(says('^a.c$', 'abc'))
  t.true(says('@test\\.', 'ann@test.example'))
  t.false(says('@test\\.', 'ann@testing.example'))
  t.true(says('\\"', 'say "hi"'))
  t.true(says('[A-Z]{2}-\\d+', 'no DE-12'))
})

test('a dot does not match a newline, nor ^ the beginning of a line, unless the pattern begins with (?s) or (?m)', t => {
  t.false(says('a.b', 'a\nb'))
  t.true(says('(?s)a.b', 'a\nb'))
  t.false(says('^b', 'a\nb'))
  t.true(says('(?m)^b', 'a\nb'))
  t.true(says('(?sm)^b.c', 'a\nb\nc'))
})

test('plain texts, with anchors or without, mean what the engine would say', t => {
  const body = fc
    .array(fc.constantFrom('a', 'b', '\\.', '\\\\', '\\"', 'é', '😀', '/', ' '), { maxLength: 4 })
    .map(parts => parts.join(''))
  const text = fc.array(fc.constantFrom('a', 'b', '.', '\\', '"', 'é', '😀', '/', ' ', '\n'), { maxLength: 6 })
  fc.assert(
    fc.property(body, fc.boolean(), fc.boolean(), text, (inner, isStart, isEnd, signs) => {
      const pattern = `${isStart ? '^' : ''}${inner}${isEnd ? '$' : ''}`
      const value = signs.join('')
      if (says(pattern, value) !== new RegExp(pattern).test(value)) throw new Error(`"${pattern}" in ${value}`)
    }),
    { numRuns: 2000 },
  )
  t.pass()
})

/** Patterns for which a search by trial and error takes 2^n steps. */
const hostile = [
  '^(a+)+$',
  '^(a|aa)+$',
  '^(a|a?)+$',
  '(a*)*b',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
  '(x+x+)+y',
  '^(\\w+\\s?)*$',
]

test('hostile patterns end in linear time', t => {
  const text = `${'a'.repeat(20_000)}!`
  for (const pattern of hostile)
    t.false(says(pattern, pattern.startsWith('(x') ? text.replaceAll('a', 'x') : text), pattern)
})

test('what cannot be searched for in linear time is refused', t => {
  for (const pattern of [
    '(?=a)',
    '(?!a)',
    '(?<=a)b',
    '(?<!a)b',
    '(a)\\1',
    '(?<n>a)\\k<n>',
    'a{17}',
    '(?:a{9}){9}',
    '(?i)a',
  ]) {
    t.throws(() => parseExpression(`.a =~ "${pattern}"`), { message: /linear time/ }, pattern)
  }
})
