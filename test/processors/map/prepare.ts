import test from 'ava'
import { parsePath } from '../../../src/core/json/path.js'
import { createPrepare } from '../../../src/processors/map/prepare.js'

test('equal values have one order, however they are written', t => {
  const read = createPrepare({ into: undefined, keep: false, orderBy: parsePath('.k') })
  const key = (json: string) => read({ bytes: Buffer.from(`{"k":${json}}\n`), number: 1, file: undefined })
  t.is(key('10'), key('1.0E1'))
  t.is(key('{"a":1,"b":"\\u0061"}'), key('{ "b": "a", "a": 1.0 }'))
  t.is(key('"\\u0061"'), key('"a"'))
  t.not(key('"1"'), key('1'))
  t.not(key('9007199254740993'), key('9007199254740992'))
})
