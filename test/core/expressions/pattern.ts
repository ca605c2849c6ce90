import test from 'ava'
import { parseExpression } from '../../../src/core/expressions/parse.js'
import { compilePattern } from '../../../src/core/expressions/pattern.js'
import { writeOutRepeats } from '../../../src/core/expressions/write-out-repeats.js'
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
  for (const pattern of ['(?=a)', '(?!a)', '(?<=a)b', '(?<!a)b', '(a)\\1', '(?<n>a)\\k<n>', '(?i)a']) {
    t.throws(() => parseExpression(`.a =~ "${pattern}"`), { message: /linear time/ }, pattern)
  }
})

test('counted repeats mean what they say, up to 1000 parts', t => {
  t.true(says('^[0-9a-f]{64}$', 'ab'.repeat(32)))
  t.false(says('^[0-9a-f]{64}$', 'ab'.repeat(33)))
  t.true(says('^.{1,64}@.{1,255}$', `ann@${'x'.repeat(255)}`))
  t.false(says('^.{1,64}@.{1,255}$', `ann@${'x'.repeat(256)}`))
  t.true(says('(?s)^.{20}$', '\n'.repeat(20)))
  for (const pattern of ['a{1001}', 'a{0,1001}', '(?:a{32}){32}', '(?:a?){1000000000}', 'a{99999999999999999999}']) {
    const message = /more than 1000 parts; .*did you mean '[*+]'/
    t.throws(() => parseExpression(`.a =~ "${pattern}"`), { message }, pattern)
  }
  t.true(says('a{1000}', 'a'.repeat(1000)))
})

test('repeats that are written out agree with the usual engine', t => {
  const atoms = [
    'a',
    'b',
    '[ab]',
    '[^)(]',
    '.',
    '\\(',
    '(?:ab?)',
    '(a|b)',
    '(?<n>a{2}b)',
    '(?:(?:a{0,3}(b{2}|1){2}){2})',
    '(?:)',
  ]
  const count = fc.oneof(
    fc.nat(30).map(n => `{${n}}`),
    fc.nat(30).map(n => `{${n},}`),
    fc.tuple(fc.nat(20), fc.nat(20)).map(([n, more]) => `{${n},${n + more}}`),
    fc.constantFrom('', '*', '+', '?', '{2}?', '{0,18}?'),
  )
  const sources = fc
    .uniqueArray(fc.tuple(fc.constantFrom(...atoms), count), { minLength: 1, maxLength: 3, selector: ([atom]) => atom })
    .map(parts => parts.map(part => part.join('')))
  const text = fc.array(fc.constantFrom('a', 'b', '1', '(', 'a'.repeat(9), 'b'.repeat(9), 'aab'), { maxLength: 5 })
  fc.assert(
    fc.property(sources, fc.constantFrom('', '|'), fc.boolean(), text, (parts, sign, isWhole, signs) => {
      const source = isWhole ? `^(?:${parts.join(sign)})$` : parts.join(sign)
      const value = signs.join('')
      const wanted = new RegExp(source).test(value)
      const written = writeOutRepeats(source) as string
      if (new RegExp(written).test(value) !== wanted)
        throw new Error(`"${source}", written out "${written}", in ${value}`)
      if (compilePattern(source).test(value) !== wanted) throw new Error(`"${source}" in ${value}`)
    }),
    { numRuns: 500 },
  )
  t.pass()
})
