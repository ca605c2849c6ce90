import test from 'ava'
import { Failure } from '../../../src/core/failure.js'
import { parsePath } from '../../../src/core/json/path.js'
import { createPrepare } from '../../../src/processors/map/prepare.js'

const line = (text: string) => ({ bytes: Buffer.from(`${text}\n`), number: 7, file: undefined })
const none = { into: undefined, keep: false, orderBy: undefined }
const kindOf = (t: { throws: (act: () => unknown, wanted: object) => unknown }, act: () => unknown) =>
  (t.throws(act, { instanceOf: Failure }) as Failure).kind

test('a record is not parsed unless the job needs it', t => {
  t.is(createPrepare(none)(line('no JSON')), undefined)
})

test('a record that no result can be put together with fails before its call', t => {
  const prepareKeep = createPrepare({ ...none, keep: true })
  t.is(prepareKeep(line('{}')), undefined)
  t.is(
    kindOf(t, () => prepareKeep(line('no JSON'))),
    'parse',
  )
  const prepareInto = createPrepare({ ...none, into: parsePath('.a.b') })
  t.is(prepareInto(line('{}')), undefined)
  t.is(
    kindOf(t, () => prepareInto(line('{"a":1}'))),
    'field',
  )
})

test('values are in line behind equal ones, however they are written', t => {
  const key = createPrepare({ ...none, orderBy: parsePath('.k') })
  t.is(key(line('{"k":"ab"}')), key(line('{ "k" : "a\\u0062" }')))
  t.is(key(line('{"k":1}')), '1')
  t.not(key(line('{"k":1}')), key(line('{"k":"1"}')))
  t.is(
    kindOf(t, () => key(line('{"a":1}'))),
    'field',
  )
  t.is(
    kindOf(t, () => key(line('{"k":1'))),
    'parse',
  )
})

test('equal values have one order, whatever their form', t => {
  const read = createPrepare({ into: undefined, keep: false, orderBy: parsePath('.k') })
  const key = (json: string) => read({ bytes: Buffer.from(`{"k":${json}}\n`), number: 1, file: undefined })
  t.is(key('10'), key('1.0E1'))
  t.is(key('{"a":1,"b":"\\u0061"}'), key('{ "b": "a", "a": 1.0 }'))
  t.is(key('"\\u0061"'), key('"a"'))
  t.not(key('"1"'), key('1'))
  t.not(key('9007199254740993'), key('9007199254740992'))
})
