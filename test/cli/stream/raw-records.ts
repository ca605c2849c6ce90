import test from 'ava'
import { readId, requireId, toJsonStrings, toText } from '../../../src/cli/stream/raw-records.js'
import { Failure } from '../../../src/core/failure.js'
import { parsePath } from '../../../src/core/json/path.js'
import { joinLines, type Line } from '../../../src/core/lines.js'

const lines = (...texts: readonly (string | Buffer)[]) =>
  joinLines(
    texts.map(
      (text, index): Line => ({
        bytes: Buffer.concat([Buffer.from(text), Buffer.from('\n')]),
        number: index + 1,
        file: undefined,
      }),
    ),
  )
const textOf = (all: { view(): Buffer; length: number }) => (all.length === 0 ? '' : all.view().toString())

test('a line of text becomes a JSON string', t => {
  const made = toJsonStrings(100)(lines('plain', '', 'a "b" \\ \t é'))
  t.is(textOf(made.ready), '"plain"\n""\n"a \\"b\\" \\\\ \\t é"\n')
  t.is(made.bad, undefined)
})

test('text that is not UTF-8 stops the conversion: lines before it are ready', t => {
  const made = toJsonStrings(100)(lines('one', Buffer.of(0xff), 'three'))
  t.is(textOf(made.ready), '"one"\n')
  t.like(made.bad, { line: { number: 2 }, failure: { kind: 'parse', failureClass: 'input' } })
})

test('a string may be as long as the next stage reads, and no longer', t => {
  t.is(toJsonStrings(5)(lines('abc')).bad, undefined)
  const { ready, bad } = toJsonStrings(5)(lines('a', 'abcd'))
  t.is(textOf(ready), '"a"\n')
  t.like(bad, { line: { number: 2 }, failure: { kind: 'output_too_large' } })
  // Quotes need room too.
  t.not(toJsonStrings(5)(lines('a"b')).bad, undefined)
})

test('strings leave as their text, everything else as it is', t => {
  const given = lines('"a\\n\\"b"', '{"a": "b"}', '1.0', ' "é" ', 'no JSON')
  t.is(textOf(toText(given)), 'a\n"b\n{"a": "b"}\n1.0\né\nno JSON\n')
  const untouched = lines('1', '{}')
  t.is(toText(untouched), untouched)
})

test('an id is the text of its field, or its JSON, or the hash of the line', t => {
  const id = readId(parsePath('.id'))
  const [text, number, none, broken] = [...lines('{"id":"a\\u0062"}', '{"id":1.0}', '{"a":1}', 'no')] as Line[]
  t.is(id(text as Line), 'ab')
  t.is(id(number as Line), '1.0')
  t.regex(id(none as Line), /^[0-9a-f]{32}$/)
  t.regex(id(broken as Line), /^[0-9a-f]{32}$/)
  t.not(id(none as Line), id(broken as Line))
  const required = requireId(parsePath('.id'))
  t.is(required(text as Line), 'ab')
  t.like(
    t.throws(() => required(none as Line), { instanceOf: Failure }),
    { kind: 'field', failureClass: 'input' },
  )
})
