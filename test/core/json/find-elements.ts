import test from 'ava'
import { findElements } from '../../../src/core/json/find-elements.js'
import fc from '../../helpers/fast-check.js'

const elements = (text: string) => {
  const bytes = Buffer.from(`  ${text} \n`)
  const pairs = findElements(bytes, 2, bytes.length - 2)
  return Array.from({ length: pairs.length / 2 }, (_, at) => bytes.toString('utf8', pairs[2 * at], pairs[2 * at + 1]))
}

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

test('elements of any array are its elements, however it is spaced', t => {
  const space = fc.constantFrom('', ' ', '\t', ' \r ')
  const element = fc.jsonValue({ stringUnit: 'binary' }).map(value => JSON.stringify(value))
  fc.assert(
    fc.property(fc.array(element), space, (texts, blank) => {
      t.deepEqual(elements(`[${blank}${texts.join(`${blank},${blank}`)}${blank}]`), texts)
    }),
  )
})

test('elements are found in time linear in the length', t => {
  t.is(elements(`[${'[1,"a"],'.repeat(100_000)}0]`).length, 100_001)
})
