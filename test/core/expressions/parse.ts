import test from 'ava'
import { Mistake } from '../../../src/core/expressions/mistake.js'
import { parseExpression } from '../../../src/core/expressions/parse.js'

const term = '.PATH, has(.PATH), ! or ('
const operator = '==, !=, <, <=, >, >=, =~, !~, in, &&, || or the end'
const connective = '&&, || or the end'
const signs = 'a regular expression without lookaround, backreferences and flags'
const value = 'a JSON value or .PATH'
const ordered = 'a number, a string or .PATH'
const pattern = 'a pattern in double quotes such as "^de-[0-9]+$"'
const list = 'a list of JSON values such as ["a","b"]'
const key = 'a key, an index in [ ], or a key in double quotes'

/** An expression, the column of its mistake, what is allowed there and what was probably meant. */
const mistakes: readonly (readonly [text: string, column: number, allowed: string, meant?: string])[] = [
  ['', 1, term],
  ['.a = 1', 4, operator, '=='],
  ['.a === 1', 4, operator, '=='],
  ['.a !== 1', 4, operator, '!='],
  ['.a <> 1', 4, operator, '!='],
  ['.a => 1', 4, operator, '>='],
  ['amount > 100', 1, term, '.amount'],
  ['100 < .amount', 1, term, '.amount > 100'],
  ['.a and .b', 4, operator, '&&'],
  ['.a or .b', 4, operator, '||'],
  ['not .a', 1, term, '!'],
  ['!.a == 1', 5, connective, '!(.a == 1)'],
  ['.a < .b < .c', 9, connective, '.a < .b && .b < …'],
  ['1 < .a < 5', 1, term, '.a > 1'],
  ['.a > 1 < 5', 8, connective, '.a > 1 && .a < …'],
  ['(.a', 1, '&&, || or )'],
  ['.a)', 3, connective],
  [".a == 'DE'", 7, value, '"DE"'],
  ['.a == DE', 7, value, '"DE"'],
  ['.a == True', 7, value, 'true'],
  ['.a == None', 7, value, 'null'],
  ['.a == 01', 7, value, '1'],
  ['.a > .5', 6, '0.5 for the number, ."5" for the field'],
  ['.a > 1_000', 6, ordered, '1000'],
  ['.a == "x', 7, 'a string in double quotes'],
  ['.a == "\\q"', 9, 'a JSON value'],
  ['.a in ("a","b")', 7, list, '["a","b"]'],
  ['.a in "a"', 7, list, '["a"]'],
  ['.a in ["a",]', 12, 'a JSON value'],
  ['.a not in [1]', 4, operator, '!(.PATH in […])'],
  ['.a =~ /x/', 7, pattern, '"x"'],
  ['.a =~ x', 7, pattern, '"x"'],
  ['.a =~ .b', 7, pattern],
  ['.a =~ "(?=x)"', 8, signs, '&& .PATH =~ "x"'],
  ['.a =~ "(x)\\1"', 11, signs],
  ['.a =~ "(?i)x"', 8, signs, '[Aa]'],
  ['.a =~ "x{1001}"', 9, signs, '+'],
  ['.a =~ "[äö]"', 9, signs, '(?:ä|ö)'],
  ['.a =~ "ä+"', 9, signs, '(?:ä)+'],
  ['.a =~ "("', 8, signs, '\\('],
  ['.a =~ "a)"', 9, signs, '\\)'],
  ['.a =~ "["', 8, signs, '\\['],
  ['.a =~ "*"', 8, signs, '\\*'],
  ['.a =~ "[b-a]"', 8, signs],
  ['.a =~ "\\u00e9"', 8, signs, 'é'],
  ['.a =~ "\\pL"', 8, signs, '[A-Za-z]'],
  ['.a =~ "\\Aab"', 8, signs, '^'],
  ['.a =~ "a{,3}"', 9, signs, '{0,3}'],
  ['.a+1 > 2', 3, operator, '."a+1"'],
  ['.a + 1 > 2', 4, operator],
  ['.a[] == 1', 3, 'a field such as .user.id, .items[0].sku or ."odd key"', '[0]'],
  ['.a[-1]', 3, 'a whole number from 0 up, or a key in double quotes'],
  ['.a[x]', 3, 'a whole number from 0 up, or a key in double quotes', '["x"]'],
  ['.a.', 4, key],
  ['.a..b', 4, key],
  [".'x'", 2, key, '."x"'],
  ['$.a == 1', 1, term, '.a'],
  ['length(.a) > 1', 1, term, 'has(.a)'],
  ['hsa(.a)', 1, term, 'has(.a)'],
  ['has(a)', 5, '.PATH', 'has(.a)'],
  ['has .a', 1, term, 'has(.a)'],
  ['has(.a, .b)', 7, ')', 'has(.a) && has(.OTHER)'],
  ['select(.a)', 1, term, '.a'],
  ['.a < null', 6, ordered],
  ['.a < [1]', 6, ordered],
  ['(.a) == 1', 6, connective],
  ['.a == 1 .b == 2', 9, connective, '&&'],
  ['.a & .b', 4, operator, '&&'],
  ['.a | .b', 4, operator, '||'],
  ['.a, .b', 3, operator, '&&'],
  ['.a == ', 7, value],
  ['.a &&', 6, term],
  ['&& .a', 1, term],
  ['.a == {"a":1', 7, 'a JSON value'],
  ['.a == (1)', 7, value],
  ['.a > 1,000', 7, connective, '1000'],
  ['.a contains "x"', 4, operator, '=~'],
  ['.a =~ "x" "i"', 11, connective],
  ['== 1', 1, term],
  ['.a like "x"', 4, operator, '=~'],
  ['in [1]', 1, term],
  ['"x" == .a', 1, term, '.a == "x"'],
  ['"x" in .a', 1, term],
  ["'x' == .a", 1, term, '.a == "x"'],
  ['.a > +5', 6, ordered, '5'],
  ['.a > -', 6, ordered],
  ['.a == NaN', 7, value, '"NaN"'],
  ['.a > 5k', 6, ordered],
  ['.a >= 2024-01-01', 7, ordered, '"2024-01-01"'],
  ['.a == "ü" &&& .b', 13, term],
  ['.a[0', 4, key],
  ['.a["x', 4, key],
  ['has(.a) == true', 9, connective],
  ['()', 2, term],
  ['.a == undefined', 7, value, 'null'],
  ['.a =~ "(?<=x)y"', 8, signs, '&& .PATH =~ "x"'],
  ['.a =~ "(?!x)"', 8, signs, '&& .PATH !~ "x"'],
]

test('mistakes are reported with their column, what is allowed and what was probably meant', t => {
  for (const [text, column, allowed, suggestion] of mistakes) {
    const error = t.throws(() => parseExpression(text), { instanceOf: Mistake }, text)
    t.like(error, { column, allowed, suggestion }, text)
    const meant = suggestion === undefined ? '' : `; did you mean '${suggestion}'?`
    t.true(
      error?.message.startsWith(`column ${column}: `) && error.message.endsWith(`; allowed here: ${allowed}${meant}`),
    )
  }
  t.true(mistakes.length > 60)
})

test('columns count characters', t => {
  t.like(
    t.throws(() => parseExpression('."😀é" = 1')),
    { column: 7 },
  )
})

test('nothing is nested without end', t => {
  t.notThrows(() => parseExpression(`${'('.repeat(200)}.a${')'.repeat(200)}`))
  t.like(
    t.throws(() => parseExpression(`${'('.repeat(100_000)}.a`)),
    { column: 201 },
  )
  t.like(
    t.throws(() => parseExpression(`${'!'.repeat(100_000)}.a`)),
    { column: 202 },
  )
  t.notThrows(() => parseExpression(Array.from({ length: 10_000 }, (_, n) => `.a == ${n}`).join(' || ')))
})
