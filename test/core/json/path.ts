import test from 'ava'
import { parsePath } from '../../../src/core/json/path.js'
import fc from '../../helpers/fast-check.js'

const reads = test.macro({
  exec: (t, text: string, ...segments: (string | number)[]) => t.deepEqual(parsePath(text), { text, segments }),
  title: (_, text) => `path ${JSON.stringify(text)} is read`,
})
test(reads, '.')
test(reads, '.user', 'user')
test(reads, 'user', 'user')
test(reads, '.user.id', 'user', 'id')
test(reads, 'user.id', 'user', 'id')
test(reads, '.items[0].sku', 'items', 0, 'sku')
test(reads, 'items[10][2]', 'items', 10, 2)
test(reads, '[0]', 0)
test(reads, '.[0]', 0)
test(reads, '."odd key"', 'odd key')
test(reads, '"odd key"', 'odd key')
test(reads, '.["odd key"]', 'odd key')
test(reads, '["odd key"][3]."a.b"', 'odd key', 3, 'a.b')
test(reads, '.a.["b"].[1]', 'a', 'b', 1)
test(reads, '."\\u00e9\\n\\"\\\\]"', 'é\n"\\]')
test(reads, '.""', '')
test(reads, '.0.00', '0', '00')
test(reads, '.user-id.$ref.@type.dc:title', 'user-id', '$ref', '@type', 'dc:title')
test(reads, '.straße.日本.😀', 'straße', '日本', '😀')
test(reads, '.__proto__.constructor', '__proto__', 'constructor')
test(reads, `[${2 ** 31 - 2}]`, 2 ** 31 - 2)

const refuses = test.macro({
  exec: (t, text: string, at: string) => {
    const error = t.throws(() => parsePath(text), { instanceOf: RangeError })
    t.is(
      error?.message,
      `Invalid field path ${JSON.stringify(text)}: ${at}; expected keys and indexes such as .user.id, .items[0].sku or ."odd key"`,
    )
  },
  title: (_, text) => `path ${JSON.stringify(text)} is refused`,
})
test(refuses, '', 'it is empty')
test(refuses, '..', 'unexpected ".."')
test(refuses, '.a.', 'unexpected "."')
test(refuses, '.a..b', 'unexpected "..b"')
test(refuses, '.a b', 'unexpected " b"')
test(refuses, ' .a', 'unexpected " .a"')
test(refuses, '.a"b"', 'unexpected "\\"b\\""')
test(refuses, '."a"b', 'unexpected "b"')
test(refuses, '."a', 'unexpected ".\\"a"')
test(refuses, '."\\x"', 'unexpected ".\\"\\\\x\\""')
test(refuses, '."\n"', 'unexpected ".\\"\\n\\""')
test(refuses, '.a[-1]', 'unexpected "[-1]"')
test(refuses, '.a[01]', 'unexpected "[01]"')
test(refuses, '.a[1', 'unexpected "[1"')
test(refuses, '.a[]', 'unexpected "[]"')
test(refuses, '.a[b]', 'unexpected "[b]"')
test(refuses, '.a[1]b', 'unexpected "b"')
test(refuses, `[${2 ** 31 - 1}]`, 'unexpected "[2147483647]"')
test(refuses, '.a=1', 'unexpected "=1"')
test(refuses, '.a,.b', 'unexpected ",.b"')

const segment = fc.oneof(fc.string({ unit: 'binary' }), fc.nat({ max: 2 ** 31 - 2 }))

test('any keys and indexes can be written as a path', t => {
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1 }), fc.boolean(), (segments, bracketed) => {
      const write = (key: string) => (bracketed ? `.[${JSON.stringify(key)}]` : `.${JSON.stringify(key)}`)
      const text = segments.map(part => (typeof part === 'number' ? `[${part}]` : write(part))).join('')
      t.deepEqual(parsePath(text).segments, segments)
    }),
  )
})

test('plain keys need no quotes, and the leading dot may be left out', t => {
  const key = fc.stringMatching(/^[A-Za-z0-9_$@:<>äß語-]+$/)
  fc.assert(
    fc.property(fc.array(key, { minLength: 1 }), keys => {
      t.deepEqual(parsePath(`.${keys.join('.')}`).segments, keys)
      t.deepEqual(parsePath(keys.join('.')).segments, keys)
    }),
  )
})

test('any text is read or refused with a RangeError', t => {
  const piece = fc.constantFrom('.', '[', ']', '"', '\\', '0', '1', 'a', ' ', '\n', '-', 'é', '"a"', '[0]')
  fc.assert(
    fc.property(fc.string({ unit: piece }), text => {
      try {
        t.is(parsePath(text).text, text)
      } catch (error) {
        t.true(error instanceof RangeError)
      }
    }),
  )
})
