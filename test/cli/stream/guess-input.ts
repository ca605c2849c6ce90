import test from 'ava'
import { guessInput } from '../../../src/cli/stream/guess-input.js'
import { describeError } from '../../../src/core/json/describe-error.js'

const guess = (text: string | Buffer, isBeginning = true) => {
  const bytes = Buffer.concat([Buffer.from(text as string), Buffer.from('\n')])
  return guessInput(bytes, describeError(bytes, 0, bytes.length).column, isBeginning)
}

const first: Readonly<Record<string, string | Buffer>> = {
  'UTF-16': Buffer.from('{"a":1}', 'utf16le'),
  'UTF-32': Buffer.from([0x7b, 0, 0, 0, 0x7d, 0, 0, 0]),
  'one array over many lines': '[',
  'pretty-printed JSON': '{',
  'server-sent events': 'data: {}',
  'XML or HTML': ' <a/>',
  YAML: 'key: value',
  logfmt: 'level=info msg=x',
  CSV: 'id,name',
  TSV: 'id\tname',
  'lines of text': 'hello there',
}
for (const [what, text] of Object.entries(first)) {
  test(`a first line shows ${what}; a later one may be a single bad record`, t => {
    t.is(guess(text)?.what, what)
    t.is(guess(text, false), undefined)
  })
}

const anywhere: Readonly<Record<string, string>> = {
  'a JSON text sequence': '\u001e{"a":1}',
  'JSON with comments': '{"a":1 // one',
  'JSON with a comma after the last member': '{"a":1,}',
  'Python values, with single quotes': "{'a': 1}",
  'JSON5 or JavaScript, with keys that have no quotes': '{a: 1}',
  'the output of a program that writes words that are not JSON': '{"a":NaN}',
  'several JSON values on a line': '{"a":1}{"a":2}',
  'the lines of one array': '{"a":1},',
}
for (const [what, text] of Object.entries(anywhere)) {
  test(`any line shows ${what}`, t => {
    t.is(guess(text)?.what, what)
    t.is(guess(text, false)?.what, what)
    t.truthy(guess(text)?.convert ?? guess(text)?.advice)
  })
}

test('a first line of one character shows UTF-16, too', t => {
  t.is(guess(Buffer.from('1', 'utf16le'))?.what, 'UTF-16')
})

test('a record that is merely cut off says nothing', t => {
  for (const text of ['{"a":1,"b', '{"a":"x', '[1,2']) t.is(guess(text, false), undefined, text)
})
