import test from 'ava'
import { compileExpressions } from '../../../src/core/expressions/compile.js'
import { parseExpression } from '../../../src/core/expressions/parse.js'
import { createScanner } from '../../../src/core/json/scan.js'
import { createTester } from '../../helpers/expressions.js'

const says = (text: string, record: string): boolean => createTester(text)(record)

test('|| binds least, then &&, then !', t => {
  for (const [a, b, c] of [
    [1, 1, 0],
    [0, 1, 1],
    [0, 0, 1],
    [1, 0, 0],
  ] as const) {
    const record = JSON.stringify({ a: a === 1, b: b === 1, c: c === 1 })
    t.is(says('.a || .b && .c', record), Boolean(a || (b && c)), record)
    t.is(says('!.a && .b || .c', record), Boolean((!a && b) || c), record)
    t.is(says('!(.a && .b) && !!.c', record), Boolean(!(a && b) && c), record)
  }
})

test('what is missing or null', t => {
  const record = '{"nothing":null,"no":false,"zero":0,"empty":""}'
  for (const [text, wanted] of [
    ['.gone', false],
    ['.nothing', false],
    ['.no', false],
    ['.zero', true],
    ['.empty', true],
    ['has(.nothing)', true],
    ['has(.gone)', false],
    ['.gone == null', false],
    ['.nothing == null', true],
    ['.gone != null', true],
    ['.gone != 1', true],
    ['.gone !~ "x"', true],
    ['.zero !~ "0"', true],
    ['.gone =~ ""', false],
    ['.gone == .gone', false],
    ['.gone != .gone', true],
    ['.nothing == .nothing', true],
    ['.nothing <= .nothing', false],
    ['.nothing < 1', false],
    ['.zero < "1"', false],
    ['.zero >= .empty', false],
    ['.gone < 1', false],
    ['.gone in [null]', false],
    ['.nothing in [null]', true],
  ] as const) {
    t.is(says(text, record), wanted, text)
  }
})

test('numbers are compared by what they are, strings by code points', t => {
  t.true(says('.a == 1', '{"a":1.0}'))
  t.true(says('.a == 100', '{"a":1e2}'))
  t.true(says('.a == 0', '{"a":-0.0}'))
  t.false(says('.a == 9007199254740993', '{"a":9007199254740992}'))
  t.true(says('.a > 9007199254740992', '{"a":9007199254740993}'))
  t.true(says('.a < 1e500', '{"a":1e499}'))
  t.true(says('.a > -1e500', '{"a":-1e499}'))
  t.false(says('.a == 0.1', '{"a":0.1000000000000000000001}'))
  t.true(says('.a > 0', '{"a":1e-400}'))
  t.true(says('.a < "\uffff"', '{"a":"abc"}'))
  t.true(says('.a > "\uffff"', '{"a":"\\ud83d\\ude00"}'))
  t.true(says('.a > "\uffff"', '{"a":"😀"}'))
  t.true(says('.a == "a/b"', '{"a":"a\\/b"}'))
  t.true(says('.a > .b', '{"a":"b","b":"a\\u0062"}'))
})

test('objects and arrays are compared by value', t => {
  t.true(says('.a == {"x":1,"y":[1,2]}', '{"a":{"y":[1.0, 2],"x":3,"x":1}}'))
  t.false(says('.a == [1,2]', '{"a":[2,1]}'))
  t.true(says('.a == .b', '{"a":{"k":"\\u0061"},"b":{"k":"a"}}'))
  t.true(says('. == [9007199254740993]', '[9007199254740993.0]'))
})

test('many values in a list are looked up', t => {
  const list = JSON.stringify([...Array(50).keys(), 'x', null, { a: 1 }])
  for (const [value, wanted] of [
    ['49', true],
    ['49.0', true],
    ['50', false],
    ['"\\u0078"', true],
    ['"49"', false],
    ['null', true],
    ['{"a":1.0}', true],
  ] as const) {
    t.is(says(`.v in ${list}`, `{"v":${value}}`), wanted, value)
  }
})

test('several expressions look at the same fields once, wherever the row stands', t => {
  const expressions = ['.a == 1 && .b', '.b == .a', 'has(.c)'].map(parseExpression)
  const { paths, tests } = compileExpressions(expressions)
  t.deepEqual(
    paths.map(({ text }) => text),
    ['.a', '.b', '.c'],
  )
  const bytes = Buffer.from('{"a":1,"b":1.0}\n')
  const scanner = createScanner(paths)
  scanner.scan(bytes, 0, bytes.length)
  const starts = Int32Array.of(-1, -1, -1, ...scanner.starts)
  const ends = Int32Array.of(0, 0, 0, ...scanner.ends)
  t.deepEqual(
    tests.map(isMatch => isMatch(bytes, starts, ends, 3)),
    [true, true, false],
  )
})

test('a strict test notes what it could not compare, and only what it looked at', t => {
  const look = (text: string, record: string) => {
    const { paths, tests, takeFault } = compileExpressions([parseExpression(text)], { strict: true })
    const scanner = createScanner(paths)
    const bytes = Buffer.from(`${record}\n`)
    scanner.scan(bytes, 0, bytes.length)
    tests[0]?.(bytes, scanner.starts, scanner.ends, 0)
    const { path, found, wanted } = takeFault() ?? {}
    t.is(takeFault(), undefined, 'taken once')
    return path && [path.text, found, wanted]
  }
  const none = undefined
  t.deepEqual(look('.a > 1', '{}'), ['.a', none, none])
  t.deepEqual(look('.a > 1', '{"a":"x"}'), ['.a', 'string', 'number'])
  t.is(look('.a > 1', '{"a":2}'), none)
  t.is(look('.b || .a > 1', '{"b":true}'), none)
  t.is(look('has(.a) && .a > 1', '{}'), none)
  t.deepEqual(look('.a', '{}'), ['.a', none, none])
  t.is(look('.a', '{"a":null}'), none)
  t.is(look('.a == null', '{"a":5}'), none)
  t.deepEqual(look('.a == 5', '{"a":null}'), ['.a', 'null', 'number'])
  t.deepEqual(look('.a =~ "x"', '{"a":5}'), ['.a', 'number', 'string'])
  t.deepEqual(look('.a in [1,"x"]', '{"a":[]}'), ['.a', 'array', 'number or string'])
  t.deepEqual(look('.a == .b', '{"a":1,"b":"1"}'), ['.b', 'string', 'number'])
  t.deepEqual(look('.a < .b', '{"a":{},"b":{}}'), ['.a', 'object', 'number or string'])
  t.deepEqual(look('!(.a == 1)', '{}'), ['.a', none, none])
})
