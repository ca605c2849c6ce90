import test from 'ava'
import { Failure } from '../../../src/core/failure.js'
import { parsePath } from '../../../src/core/json/path.js'
import { createPutCheck, putInto } from '../../../src/processors/map/put.js'

const line = (text: string) => ({ bytes: Buffer.from(`${text}\n`), number: 7, file: undefined })
const put = (path: string, record: string, ...results: readonly string[]) =>
  putInto(parsePath(path))(
    line(record),
    results.map(text => Buffer.from(`${text}\n`)),
  )
    .view()
    .toString()

const places: readonly (readonly [path: string, record: string, wanted: string])[] = [
  ['.a', '{"a": 1.0, "b":2}', '{"a": X, "b":2}'],
  ['.a', '{"b": 1e2}', '{"b": 1e2,"a":X}'],
  ['.a', '{}', '{"a":X}'],
  ['.a', ' { } ', ' { "a":X} '],
  ['.a.b', '{"a":{"b":[1]}}', '{"a":{"b":X}}'],
  ['.a.b.c', '{"z":1}', '{"z":1,"a":{"b":{"c":X}}}'],
  ['.a.b.c', '{"a":{},"z":1}', '{"a":{"b":{"c":X}},"z":1}'],
  ['.a[1]', '{"a":[0, 1, 2]}', '{"a":[0, X, 2]}'],
  ['."odd key"', '{}', '{"odd key":X}'],
]
for (const [path, record, wanted] of places) {
  test(`a value at ${path} of ${record} touches nothing else`, t => {
    t.is(put(path, record, '{"new": 1}'), `${wanted.replace('X', '{"new": 1}')}\n`)
    t.notThrows(() => createPutCheck(parsePath(path))(line(record)))
  })
}

test('several results are several records', t => {
  t.is(put('.a', '{}', '1', '2'), '{"a":1}\n{"a":2}\n')
})

const refused: readonly (readonly [path: string, record: string, kind: string])[] = [
  ['.a', '[1]', 'field'],
  ['.a', '"text"', 'field'],
  ['.a.b', '{"a":1}', 'field'],
  ['.a.b', '{"a":[{}]}', 'field'],
  ['.a[3]', '{"a":[0]}', 'field'],
  ['.a[0]', '{}', 'field'],
  ['.a', '{"a":', 'parse'],
]
for (const [path, record, kind] of refused) {
  test(`${path} of ${record} leads nowhere, which is found before the call as well`, t => {
    for (const act of [() => put(path, record, '1'), () => createPutCheck(parsePath(path))(line(record))])
      t.like(t.throws(act, { instanceOf: Failure }), { kind, failureClass: 'input' })
  })
}
