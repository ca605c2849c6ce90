import test from 'ava'
import { endBefore, endOfLast } from '../../../src/core/json/element-starts.js'
import { parsePath } from '../../../src/core/json/path.js'
import { Rows } from '../../../src/core/json/rows.js'
import { joinLines } from '../../../src/core/lines.js'
import fc from '../../helpers/fast-check.js'

/** The elements of the arrays at a path of several lines; undefined where there is no array. */
const readAll = (texts: readonly string[], path = '.') => {
  const rows = new Rows([parsePath('.other'), parsePath(path)], { divided: true })
  const lines = joinLines(texts.map(text => ({ bytes: Buffer.from(` ${text} \n`), number: 1, file: undefined })))
  const { bytes } = lines
  return texts.map((_, index) => {
    const row = rows.find(lines, index)
    const start = rows.starts[row * 2 + 1] as number
    if (rows.good[row] === 0 || start === -1 || bytes[start] !== 0x5b) return undefined
    const first = rows.firstElements[row] as number
    const { offsets } = rows.elements as NonNullable<typeof rows.elements>
    const count = rows.elementCounts[row] as number
    return Array.from({ length: count }, (_, at) => {
      const next = offsets[first + at + 1] as number
      const end = at === count - 1 ? endOfLast(bytes, rows.ends[row * 2 + 1] as number) : endBefore(bytes, next)
      return bytes.toString('utf8', offsets[first + at], end)
    })
  })
}
const elements = (text: string, path?: string) => readAll([text], path)[0]

const finds = test.macro({
  exec: (t, text: string, ...wanted: string[]) => t.deepEqual(elements(text), wanted),
  title: (_, text) => `elements of ${text}`,
})
test(finds, '[]')
test(finds, '[ \t ]')
test(finds, '[1]', '1')
test(finds, '[ 1 ,\r2 , "x" ]', '1', '2', '"x"')
test(finds, '[[1,2],{"a":[3,4],"b":"]"},[]]', '[1,2]', '{"a":[3,4],"b":"]"}', '[]')
test(finds, '["a,b]\\"","\\\\",{"}":"{"}]', '"a,b]\\""', '"\\\\"', '{"}":"{"}')
test(finds, '[null,true,-1.5e3]', 'null', 'true', '-1.5e3')

test('of equal keys the elements of the last array count', t => {
  t.deepEqual(elements('{"items":[1,2,3],"items":[4]}', '.items'), ['4'])
  t.deepEqual(elements('{"items":[1,2,3],"items":[]}', '.items'), [])
  t.is(elements('{"items":[1,2,3],"items":{"0":[7,8]}}', '.items'), undefined)
  t.deepEqual(elements('{"a":{"items":[1,2]},"a":{"items":[ ]},"b":[3,4]}', '.a.items'), [])
  t.is(elements('{"a":{"items":[1,2]},"a":{}}', '.a.items'), undefined)
  t.deepEqual(elements('{"\\u0069tems":[1,2],"x":[3]}', '.items'), ['1', '2'])
  t.deepEqual(elements('[[1,2],[[3],4],[5]]', '.[1]'), ['[3]', '4'])
})

test('the lines of a chunk do not mix, bad ones among them', t => {
  const texts = ['[1,2]', '[3,4', '{}', '[]', '[5]']
  t.deepEqual(readAll(texts), [['1', '2'], undefined, undefined, [], ['5']])
  const many = Array.from({ length: 1000 }, (_, index) => (index % 7 === 0 ? '[1,2' : `[${index},"x"]`))
  t.deepEqual(
    readAll(many),
    many.map((_, index) => (index % 7 === 0 ? undefined : [`${index}`, '"x"'])),
  )
})

test('elements of any array are its elements, however it is spaced', t => {
  const space = fc.constantFrom('', ' ', '\t', ' \r ')
  const element = fc.jsonValue({ stringUnit: 'binary' }).map(value => JSON.stringify(value))
  fc.assert(
    fc.property(fc.array(element), space, (texts, blank) => {
      const array = `[${blank}${texts.join(`${blank},${blank}`)}${blank}]`
      t.deepEqual(elements(array), texts)
      t.deepEqual(elements(`{"a":${array},"items":${array},"b":[0,${array}]}`, '.items'), texts)
    }),
  )
})

test('elements are found in time linear in the length, and memory for very many is given back', t => {
  t.is(elements(`[${'[1,"a"],'.repeat(400_000)}0]`)?.length, 400_001)
  const rows = new Rows([parsePath('.')], { divided: true })
  t.true(rows.scanAlone(Buffer.from(`[${'1,'.repeat(400_000)}0]\n`)))
  t.is(rows.elementCounts[0], 400_001)
  t.true(rows.scanAlone(Buffer.from('[1]\n')))
  t.true((rows.elements?.offsets.length ?? 0) < 1000)
})
