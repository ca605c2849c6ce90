import test from 'ava'
import { createCorrelation } from '../../../src/calls/worker/correlate.js'
import type { Failure } from '../../../src/core/failure.js'
import { parsePath } from '../../../src/core/json/path.js'
import fc from '../../helpers/fast-check.js'

const correlation = createCorrelation(parsePath('.a.id'))
const check = (record: string, answer: string) =>
  correlation.check(correlation.read(Buffer.from(`${record}\n`)), Buffer.from(`${answer}\n`))

test('an answer that repeats the value is one, however it is written', t => {
  for (const [one, other] of [
    ['1', '1'],
    ['1.0', '1'],
    ['"é"', '"\\u00e9"'],
    ['12345678901234567890', '12345678901234567890'],
    ['[1,{"b":2}]', '[ 1, {"b": 2.0} ]'],
    ['null', 'null'],
  ]) {
    t.is(check(`{"a":{"id":${one}}}`, `{"a": {"x":[], "id": ${other} }}`), undefined)
  }
})

test('any other line is none', t => {
  const messages = ['{"a":{"id":2}}', '{"a":{"id":"1"}}', '{"a":{}}', '[]', 'text', ''].map(
    answer => check('{"a":{"id":1}}', answer)?.message,
  )
  t.deepEqual(messages, [
    'Worker wrote a line for .a.id 1 which has 2: it is not an answer to this record',
    'Worker wrote a line for .a.id 1 which has "1": it is not an answer to this record',
    'Worker wrote a line for .a.id 1 which has none: it is not an answer to this record',
    'Worker wrote a line for .a.id 1 which has none: it is not an answer to this record',
    'Worker wrote a line for .a.id 1 which is not JSON: it is not an answer to this record',
    'Worker wrote a line for .a.id 1 which is not JSON: it is not an answer to this record',
  ])
})

test('a record without the value is not given to a worker', t => {
  const kindOf = (record: string) => (t.throws(() => correlation.read(Buffer.from(`${record}\n`))) as Failure).kind
  t.is(kindOf('{"a":1}'), 'field')
  t.is(kindOf('{"a":'), 'parse')
})

test('values are the same when JSON says so', t => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
      const [first, second] = [JSON.stringify(one), JSON.stringify(other)]
      t.is(check(`{"a":{"id":${first}}}`, `{"a":{"id":${second}}}`) === undefined, first === second)
      t.is(
        check(`{"a":{"id":${first}}}`, `{"a":{"id":${JSON.stringify(one, null, 1).replaceAll('\n', ' ')}}}`),
        undefined,
      )
    }),
  )
})
