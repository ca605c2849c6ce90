import test from 'ava'
import { soakScan } from '../../../bench/soak/scan.js'
import { parsePath } from '../../../src/core/json/path.js'
import { createScanner, depthLimit } from '../../../src/core/json/scan.js'
import { jsonSuite } from '../../fixtures/json-suite.js'
import fc from '../../helpers/fast-check.js'
import { findDifference, parseStrictly } from '../../helpers/json-oracle.js'

const scanText = (text: string, ...paths: string[]) => {
  const bytes = Buffer.from(`${text}\n`)
  const scanner = createScanner(paths.map(parsePath))
  const good = scanner.scan(bytes, 0, bytes.length)
  const at = (start: number, end: number) => (start < 0 ? undefined : bytes.toString('utf8', start, end))
  return {
    good,
    value: at(scanner.valueStart, scanner.valueEnd),
    found: paths.map((_, id) => at(scanner.starts[id] as number, scanner.ends[id] as number)),
    error: `${scanner.errorOffset} ${scanner.errorMessage}`,
  }
}

const finds = test.macro({
  exec: (t, text: string, fields: Record<string, string | undefined>) => {
    const { good, found } = scanText(text, ...Object.keys(fields))
    t.true(good)
    t.deepEqual(found, Object.values(fields))
    for (const [path, field] of Object.entries(fields))
      t.deepEqual(scanText(text, path).found, [field], `${path} alone`)
  },
  title: (_, text, fields) => `in ${text} are ${JSON.stringify(fields)}`,
})
test('escapes are counted per line, in keys and values', t => {
  const scanner = createScanner()
  const count = (text: string) => {
    const bytes = Buffer.from(`${text}\n`)
    t.true(scanner.scan(bytes, 0, bytes.length))
    return scanner.escapes
  }
  t.deepEqual(['{"\\u0061":["x\\n\\t"]}', '{"a":"é"}', '"\\\\"'].map(count), [3, 0, 1])
})

test(finds, '{"a":1,"b":{"c":[10,20]}}', {
  '.a': '1',
  '.b': '{"c":[10,20]}',
  '.b.c': '[10,20]',
  '.b.c[1]': '20',
  '.c': undefined,
})
test(finds, ' { "a" : [ 1 , { "b" : "x" } ] } ', {
  '.a[1].b': '"x"',
  '.a[1]': '{ "b" : "x" }',
  '.': '{ "a" : [ 1 , { "b" : "x" } ] }',
})
test(finds, '{"a":1,"a":2}', { '.a': '2' })
test(finds, '{"a":{"b":1,"c":2},"a":{"c":3}}', { '.a.b': undefined, '.a.c': '3', '.a': '{"c":3}' })
test(finds, '{"a":{"b":{"c":1}},"a":2}', { '.a.b.c': undefined, '.a.b': undefined, '.a': '2' })
test(finds, '{"a":[{"b":1}],"\\u0061":[7]}', { '.a[0].b': undefined, '.a[0]': '7' })
test(finds, '{"\\u0061\\"":{"x\\ty":true}}', { '."a\\""."x\\ty"': 'true' })
test(finds, '{"\\uD83D\\uDE00":1,"\\ud800":2}', { '.😀': '1', '."\\ud800"': '2' })
test(finds, '{"\ufffd":1}', { '."\\ud800"': undefined, '."\\ufffd"': '1' })
test(finds, '{"é":1,"日本":{"語":[null]}}', { '.é': '1', '.日本.語[0]': 'null' })
test(finds, '{"":{"":0}}', { '.""': '{"":0}', '."".""': '0' })
test(finds, '[[],[0],[1,2]]', { '[2][1]': '2', '[0][0]': undefined, '[3]': undefined, '[0]': '[]', '[1][0]': '0' })
test(finds, '{"0":"key"}', { '.0': '"key"', '[0]': undefined })
test(finds, '["element"]', { '.0': undefined, '[0]': '"element"' })
test(finds, '{"a":5}', { '.a.b': undefined, '.a[0]': undefined })
test(finds, '{"__proto__":1}', { '.__proto__': '1', '.constructor': undefined })
// Length and first byte, which rule most keys out, add up to the same.
test(finds, '{"c":1,"bx":2,"bb":3,"axx":4}', { '.bb': '3', '.axx': '4', '.c': '1', '.cx': undefined })
test(finds, '{"ab":1,"b":2,"abc":3,"xy":4}', { '.a': undefined, '.ab': '1', '.b': '2', '.ba': undefined })
test(finds, `{"${'k'.repeat(32)}":1,"${'k'.repeat(64)}":2}`, {
  [`.${'k'.repeat(32)}`]: '1',
  [`.${'k'.repeat(64)}`]: '2',
})
test(finds, '-0.5e+10', { '.': '-0.5e+10', '.a': undefined })
test(finds, '{"x":{"a":1},"a":[{"a":2}],"y":[{"a":3}]}', { '.a[0].a': '2', '.a': '[{"a":2}]' })

test('the same path may be asked for twice', t => {
  t.deepEqual(scanText('{"a":{"b":1}}', '.a.b', '.a.b').found, ['1', '1'])
})

test('results of the line before are forgotten', t => {
  const bytes = Buffer.from('{"a":1}\n{"b":2}\n{"a":{"b":[\n')
  const scanner = createScanner([parsePath('.a')])
  t.true(scanner.scan(bytes, 0, 8))
  t.is(scanner.starts[0], 5)
  t.true(scanner.scan(bytes, 8, 16))
  t.is(scanner.starts[0], -1)
  t.false(scanner.scan(bytes, 16, 28))
  t.true(scanner.scan(bytes, 0, 8))
  t.deepEqual([scanner.starts[0], scanner.ends[0], scanner.valueStart, scanner.valueEnd], [5, 6, 0, 7])
})

const accepts = test.macro({
  exec: (t, text: string, value: string) => t.like(scanText(text), { good: true, value }),
  title: (_, text) => `accepts ${JSON.stringify(text)}`,
})
test(accepts, '1\r', '1')
test(accepts, '{"a":1}\r', '{"a":1}')
test(accepts, ' \t\r"x" \t\r', '"x"')
test(accepts, '"\u007f\u0080\u2028\uffff\u{10ffff}"', '"\u007f\u0080\u2028\uffff\u{10ffff}"')

const refuses = test.macro({
  exec: (t, text: string, error: string) => t.like(scanText(text), { good: false, error }),
  title: (_, text) => `refuses ${JSON.stringify(text)}`,
})
test(refuses, '', '0 The line ends too early')
test(refuses, ' \r', '2 The line ends too early')
test(refuses, '[1,', '3 The line ends too early')
test(refuses, '{"a', '3 The line ends too early')
test(refuses, '"a\\', '3 The line ends too early')
test(refuses, '"a\\u12', '6 The line ends too early')
test(refuses, '-', '1 The line ends too early')
test(refuses, '1.', '2 The line ends too early')
test(refuses, 'tru', '3 The line ends too early')
test(refuses, '[1,]', '3 Expected a value')
test(refuses, '[,1]', '1 Expected a value')
test(refuses, '{,}', '1 Expected a key in double quotes')
test(refuses, '{"a":1,}', '7 Expected a key in double quotes')
test(refuses, '{"a" 1}', '5 Expected a colon after a key')
test(refuses, '{"a":}', '5 Expected a value')
test(refuses, '{"a":1 "b"}', '7 Expected a comma or }')
test(refuses, '[1 2]', '3 Expected a comma or ]')
test(refuses, '[1}', '2 Expected a comma or ]')
test(refuses, '{"a":1]', '6 Expected a comma or }')
test(refuses, '1 2', '2 Unexpected text after the value')
test(refuses, '1,2', '1 Unexpected text after the value')
test(refuses, '1]', '1 Unexpected text after the value')
test(refuses, '1\0', '1 Unexpected text after the value')
test(refuses, '01', '1 Unexpected text after the value')
test(refuses, '[-a]', '2 Expected a digit')
test(refuses, '[1.e5]', '3 Expected a digit')
test(refuses, '[1e+]', '4 Expected a digit')
test(refuses, '[nul1]', '4 Expected a value')
test(refuses, '["\\a"]', '3 Invalid escape in a string')
test(refuses, '["\\u12g4"]', '6 Invalid escape in a string')
test(refuses, '["\t"]', '2 Control character in a string')
test(refuses, '\ufeff1', '0 Expected a value')
test(refuses, '1\n2', '1 Unexpected text after the value')
test(refuses, '"a\nb"', '2 Control character in a string')

const nest = (depth: number) =>
  '[{"a":'.repeat(depth / 2) + '['.repeat(depth % 2) + (depth % 2 ? ']' : '1') + '}]'.repeat(depth / 2)

test('nesting is taken to the limit and not beyond', t => {
  t.like(scanText(nest(depthLimit), '.'), { good: true, found: [nest(depthLimit)] })
  t.like(scanText(nest(depthLimit + 1), '.'), {
    good: false,
    error: `${depthLimit * 3} Nested deeper than 1024 levels`,
  })
  t.true(scanText(`[${'[],{},'.repeat(2000)}0]`).good)
})

test('invalid UTF-8 is refused at the first byte of the broken character, wherever it stands', t => {
  const broken = [
    [0x80],
    [0xc3],
    [0xc0, 0xaf],
    [0xe0, 0x9f, 0xbf],
    [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xf0, 0x9f, 0x98],
  ]
  const scanner = createScanner()
  for (const wrong of broken) {
    for (let before = 0; before < 12; before++) {
      const bytes = Buffer.from([0x22, ...new Array(before).fill(0x61), ...wrong, 0x62, 0x22, 0x0a])
      t.false(scanner.scan(bytes, 0, bytes.length))
      t.deepEqual([scanner.errorOffset, scanner.errorMessage], [before + 1, 'Invalid UTF-8'])
    }
  }
})

test('every character but quotes, backslashes and controls is taken at every place of a string', t => {
  const scanner = createScanner([parsePath('[0]')])
  for (let byte = 0; byte < 0x80; byte++) {
    for (let before = 0; before < 9; before++) {
      for (const after of [0, 1, 2, 3, 9]) {
        const text = 'a'.repeat(before) + String.fromCharCode(byte) + 'b'.repeat(after)
        const bytes = Buffer.from(`["${text}"]\n`)
        // `\b` is an escape.
        const good = byte === 0x5c ? after > 0 : byte >= 0x20 && byte !== 0x22
        if (scanner.scan(bytes, 0, bytes.length) !== good) t.fail(JSON.stringify(text))
        if (good && scanner.ends[0] !== bytes.length - 2) t.fail(JSON.stringify(text))
      }
    }
  }
  t.pass()
})

test('the texts of JSONTestSuite are judged as JSON.parse judges them', t => {
  t.is(jsonSuite.length, 318)
  const scanner = createScanner()
  let lines = 0
  for (const [name, text] of jsonSuite) {
    const line = Buffer.from(text.endsWith('\n') ? text : `${text}\n`, 'latin1')
    const good = scanner.scan(line, 0, line.length)
    if (line.indexOf(0x0a) < line.length - 1) {
      t.false(good, `${name} is more than one line`)
      continue
    }
    lines++
    if (!name.startsWith('i_')) t.is(good, name.startsWith('y_'), name)
    if (text.length < 10_000) t.is(findDifference(scanner, [], line, 0, line.length), undefined, name)
  }
  t.is(lines, 313)
})

test('any record is found whole, at any place of a buffer', t => {
  const place = fc.record({ before: fc.nat({ max: 9 }), after: fc.nat({ max: 9 }) })
  const paths = ['.', '.a', '[0]', '.a.a', '[0][1]'].map(parsePath)
  const scanner = createScanner(paths)
  const key = fc.oneof(fc.constant('a'), fc.string({ unit: 'binary' }))
  const record = fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 })
  fc.assert(
    fc.property(place, fc.oneof(record, fc.dictionary(key, record)), ({ before, after }, value) => {
      const line = Buffer.from(`${JSON.stringify(value)}\n`)
      const bytes = Buffer.concat([Buffer.alloc(before, '"'), line, Buffer.alloc(after, '"')])
      t.is(findDifference(scanner, paths, bytes, before, before + line.length), undefined)
      t.deepEqual(parseStrictly(line), JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('agrees with JSON.parse on 20,000 made and damaged lines', t => {
  const { samples, differences } = soakScan(20_000, 20_261_123)
  t.deepEqual({ samples, differences }, { samples: [], differences: 0 })
})
