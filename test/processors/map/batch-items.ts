import test from 'ava'
import { Failure } from '../../../src/core/failure.js'
import { maxItems, readItems, splitItems } from '../../../src/processors/map/batch-items.js'
import { replace } from '../../../src/processors/map/shape.js'

const line = (text: string) => ({ bytes: Buffer.from(`${text}\n`), number: 7, file: 'f' })
const split = (record: string, ...answer: readonly string[]) =>
  splitItems(
    readItems(line(record)),
    answer.map(text => Buffer.from(`${text}\n`)),
    replace,
  )

test('the items of a record are lines of its number and file', t => {
  const items = readItems(line('[1.0, "a"]'))
  t.deepEqual(
    items.map(({ bytes, number, file }) => [String(bytes), number, file]),
    [
      ['1.0\n', 7, 'f'],
      ['"a"\n', 7, 'f'],
    ],
  )
  t.deepEqual(readItems(line('[]')), [])
})

test('a record that is not an array, not JSON or has too many items fails', t => {
  const kindOf = (text: string) => t.throws(() => readItems(line(text)), { instanceOf: Failure })
  t.like(kindOf('{"a":1}'), { kind: 'field', failureClass: 'input' })
  t.is(kindOf('[1,')?.kind, 'parse')
  t.is(readItems(line(`[${'1,'.repeat(maxItems - 1)}1]`)).length, maxItems)
  t.regex(kindOf(`[${'1,'.repeat(maxItems)}1]`)?.message ?? '', /array of 200001 items/)
})

test('good results stay together in one array, bad ones are separated', t => {
  const { lines, delivered, rejected } = split('[1,2,3]', '[10.0,{"error":{"status":503}},{"a": 3}]')
  t.is(lines.view().toString(), '[10.0,{"a": 3}]\n')
  t.is(lines.number, 7)
  t.is(delivered, 2)
  t.deepEqual(
    rejected.map(({ line, failure: { kind, failureClass, facts } }) => [
      String(line.bytes),
      kind,
      failureClass,
      facts.status,
    ]),
    [['2\n', 'http_status', 'transient', 503]],
  )
})

test('without a good result there is no line', t => {
  const { lines, delivered, rejected } = split('[1]', '[{"error":"no"}]')
  t.deepEqual([lines.length, delivered, rejected.length], [0, 0, 1])
})

test('an item says what kind of failure it is, but never one that ends the run', t => {
  const tell = (error: string) => {
    const [first] = split('[1]', `[{"error":${error}}]`).rejected
    return [first?.failure.kind, first?.failure.failureClass]
  }
  t.deepEqual(tell('"no"'), ['script', 'permanent'])
  t.deepEqual(tell('null'), ['script', 'permanent'])
  t.deepEqual(tell('{"kind":"timeout","class":"transient"}'), ['timeout', 'transient'])
  t.deepEqual(tell('{"kind":"nonsense","class":"fatal"}'), ['script', 'permanent'])
  t.deepEqual(tell('{"status":429}'), ['http_status', 'throttled'])
  t.deepEqual(tell('{"status":404,"class":"input"}'), ['http_status', 'input'])
})

test('its words are kept, up to 4 KiB', t => {
  const [first] = split('[1]', `[{"error":"${'x'.repeat(9000)}"}]`).rejected
  t.is(first?.failure.facts.stderr?.length, 4096)
  t.notRegex(first?.failure.message ?? '', /x/)
})

test('an item that an answer says nothing about fails, and so does an answer that is none', t => {
  const { delivered, rejected } = split('[1,2]', '[{"index":1,"result":5}]')
  t.deepEqual([delivered, rejected[0]?.failure.kind], [1, 'output_parse'])
  t.throws(() => split('[1]'), { instanceOf: Failure })
  t.throws(() => split('[1]', '[1]', '[1]'), { instanceOf: Failure })
})
