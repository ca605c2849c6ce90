import test from 'ava'
import { placeOf } from '../../../src/core/json/field-place.js'
import { parsePath } from '../../../src/core/json/path.js'
import { createScanner } from '../../../src/core/json/scan.js'

test('the place of a field is that in the line scanned last', t => {
  const scanner = createScanner([parsePath('.a'), parsePath('.b.c')])
  const [a, c, none] = [placeOf(scanner), placeOf(scanner, 1), placeOf(scanner, -1)]
  const read = (text: string) => {
    const bytes = Buffer.from(`${text}\n`)
    t.true(scanner.scan(bytes, 0, bytes.length))
    return [a, c].map(({ start, end }) => (start === -1 ? undefined : bytes.toString('utf8', start, end)))
  }
  t.deepEqual(read('{"a":[1, 2],"b":{"c":"x"}}'), ['[1, 2]', '"x"'])
  t.deepEqual(read('{"b":{"c":null}}'), [undefined, 'null'])
  t.deepEqual(read('5'), [undefined, undefined])
  t.deepEqual([none.start, none.end], [-1, -1])
})
