import test from 'ava'
import { describeError } from '../../../src/core/json/describe-error.js'

const describes = test.macro({
  exec: (t, text: string, column: number, message: string) => {
    const line = Buffer.from(`${text}\n`, 'latin1')
    const bytes = Buffer.concat([Buffer.from('[1]\n'), line, Buffer.from('{}\n')])
    t.deepEqual(describeError(bytes, 4, 4 + line.length), { column, message })
  },
  title: (_, text) => `says what is wrong with ${JSON.stringify(text)}`,
})
const utf8 = (text: string) => Buffer.from(text).toString('latin1')
test(describes, '{"a":1', 7, 'The line ends too early')
test(describes, '{"a":1\r', 8, 'The line ends too early')
test(describes, '', 1, 'The line ends too early')
test(describes, '{"a":x}', 6, 'Expected a value')
test(describes, utf8('{"日本":x}'), 11, 'Expected a value')
test(describes, utf8('["é" 1]'), 7, 'Expected a comma or ]')
test(describes, '["a\xe9"]', 4, 'Invalid UTF-8')
test(describes, '["a\xe2\x82"]', 4, 'Invalid UTF-8')
test(describes, '[\xff]', 2, 'Invalid UTF-8')
test(describes, utf8('[é]'), 2, 'Expected a value')
test(describes, utf8('["\\é"]'), 4, 'Invalid escape in a string')
test(describes, '['.repeat(2000), 1025, 'Nested deeper than 1024 levels')
test(describes, 'secret', 1, 'Expected a value')

test('a good line has no error to describe', t => {
  t.throws(() => describeError(Buffer.from('{}\n'), 0, 3), { message: 'The line is a JSON value' })
})
