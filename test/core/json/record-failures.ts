import test from 'ava'
import { parsePath } from '../../../src/core/json/path.js'
import { missingField, parseFailure } from '../../../src/core/json/record-failures.js'

test('a field that is missing is named with its option', t => {
  const { kind, failureClass, message } = missingField(7, parsePath('.a.b'), '--key')
  t.deepEqual([kind, failureClass, message], ['field', 'input', 'Line 7 has no field .a.b for --key'])
})

test('a line that is not JSON is reported with its first wrong byte', t => {
  const { kind, failureClass, message, facts } = parseFailure({
    bytes: Buffer.from('{"a":oops}\n'),
    number: 3,
    file: undefined,
  })
  t.deepEqual([kind, failureClass, facts.column], ['parse', 'input', 6])
  t.is(message, 'Line 3, column 6: Expected a value')
})
