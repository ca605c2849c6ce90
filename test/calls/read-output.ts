import { constants } from 'node:buffer'
import test from 'ava'
import { readOutput } from '../../src/calls/read-output.js'
import { Failure } from '../../src/core/failure.js'

test('text that is too long for a string is a failure', t => {
  const output = Buffer.alloc(constants.MAX_STRING_LENGTH + 1)
  const error = t.throws(() => readOutput(output, { multi: false, raw: true }), { instanceOf: Failure }) as Failure
  t.is(error.kind, 'output_too_large')
})
