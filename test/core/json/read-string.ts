import test from 'ava'
import { readString } from '../../../src/core/json/read-string.js'
import fc from '../../helpers/fast-check.js'

const read = (text: string) => {
  const bytes = Buffer.from(`[${text}]`)
  return readString(bytes, 1, bytes.length - 1)
}

test('strings are read with their escapes', t => {
  for (const text of ['""', '"a"', '"é日😀"', '"a\\n\\"\\\\"', '"\\u00e9\\uD83D\\uDE00"', '"\\ud800"', '"\\/"']) {
    t.is(read(text), JSON.parse(text), text)
  }
})

test('other values are undefined', t => {
  for (const text of ['1', 'null', '["a"]', '{"a":"b"}', '"', '']) t.is(read(text), undefined, text)
})

test('any string is read as it was written', t => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      t.is(read(JSON.stringify(text)), text)
    }),
  )
})
