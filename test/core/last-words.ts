import test from 'ava'
import { findLastWords } from '../../src/core/last-words.js'

const finds = test.macro({
  title: (name = '') => `last words: ${name}`,
  exec(t, stderr: string | undefined, output: string | undefined, wanted: string | undefined) {
    t.is(findLastWords(stderr, output), wanted)
  },
})

test('the last line of stderr', finds, 'one\ncurl: (7) Failed to connect\n\n', 'body', 'curl: (7) Failed to connect')
test('without stderr that of the answer', finds, '', '{\n"error":"quota"}', '"error":"quota"}')
test(
  'above a stack',
  finds,
  'Error: no such user\n    at f (x.js:1:2)\n    at node:internal/main:3:4\n\nNode.js v22.1.0\n',
  undefined,
  'Error: no such user',
)
test('a stack and nothing else', finds, '    at f (x.js:1:2)\n', undefined, 'at f (x.js:1:2)')
test('nothing was said', finds, '\n \n', undefined, undefined)
test('a terminal obeys nothing of it', finds, 'a\u001b[2Jb\u202ec\td', undefined, 'a\\u001b[2Jb\\u202ec d')
test('at most 200 characters', finds, 'x'.repeat(300), undefined, `${'x'.repeat(199)}…`)
test('user and password of an address', finds, 'GET https://ann:pw@h/x failed', undefined, 'GET https://***@h/x failed')
test('a bearer token', finds, 'sent Authorization: Bearer abc.def-1', undefined, 'sent Authorization: Bearer ***')
test('a named secret', finds, 'api_key=12345&x=1 password: hunter2', undefined, 'api_key=***&x=1 password: ***')
