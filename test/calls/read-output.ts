import { constants } from 'node:buffer'
import test from 'ava'
import { readOutput } from '../../src/calls/read-output.js'
import { Failure } from '../../src/core/failure.js'

test('text that is too long for a string is a failure', t => {
  const output = Buffer.alloc(constants.MAX_STRING_LENGTH + 1)
  const error = t.throws(() => readOutput(output, { multi: false, raw: true }), { instanceOf: Failure }) as Failure
  t.is(error.kind, 'output_too_large')
})

test('lines in one buffer are the same lines', t => {
  for (const text of ['', '\n', '1', ' 1 \r\n\n{"a": 2}\t\n"x"', '[1]\n2\n']) {
    const output = Buffer.from(text)
    const apart = readOutput(output, { multi: true, raw: false })
    const together = readOutput(output, { multi: true, raw: false, isPacked: true })
    t.is(together.map(String).join(''), apart.map(String).join(''))
    t.true(together.length <= 1)
  }
  const bad = Buffer.from('1\n{\n')
  t.throws(() => readOutput(bad, { multi: true, raw: false, isPacked: true }), {
    message: /^Line 2 of the output is not one JSON value/,
  })
})

test('a value over many lines becomes one, without the returns and newlines between its parts', t => {
  const read = (text: string) => readOutput(Buffer.from(text), { multi: false, raw: false }).map(String)
  t.deepEqual(read('{\n "a": 1,\r\n "b": "x y"\n}\n'), ['{ "a": 1, "b": "x y"}\n'])
})
