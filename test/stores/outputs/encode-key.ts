import test from 'ava'
import { encodeKey } from '../../../src/stores/outputs/encode-key.js'

const hash = () => '0123456789abcdef'

for (const [text, name] of [
  ['DE', 'DE'],
  ['a_b-c.d', 'a_b-c.d'],
  ['', '%'],
  ['.', '%2E'],
  ['..', '%2E.'],
  ['../../etc/passwd', '%2E.%2F..%2Fetc%2Fpasswd'],
  ['.hidden', '%2Ehidden'],
  ['a/b', 'a%2Fb'],
  ['%2F', '%252F'],
  ['ü €', '%C3%BC%20%E2%82%AC'],
  ['a\0b\nc', 'a%00b%0Ac'],
  ['{"a":1}', '%7B%22a%22%3A1%7D'],
  ['~x', '%7Ex'],
  ['-rf', '-rf'],
  ['x'.repeat(200), 'x'.repeat(200)],
  ['x'.repeat(201), `${'x'.repeat(150)}~0123456789abcdef`],
  ['/'.repeat(300), `${'%2F'.repeat(50)}~0123456789abcdef`],
] as const) {
  test(`${JSON.stringify(text.slice(0, 20))} of ${text.length} is ${name.slice(0, 30)} in a name`, t => {
    t.is(encodeKey(text, hash), name)
  })
}
