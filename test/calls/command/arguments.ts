import test from 'ava'
import { prepareArguments } from '../../../src/calls/command/arguments.js'
import { failureOf, fixture, runCommand } from '../../helpers/children.js'
import fc from '../../helpers/fast-check.js'

const fill = (templates: string[], record: string | Buffer) =>
  prepareArguments(templates)({
    bytes: Buffer.concat([Buffer.from(record), Buffer.from('\n')]),
    number: 1,
    file: undefined,
  })

const fills = test.macro((t, template: string, record: string, expected: string) => {
  t.deepEqual(fill([template], record), [expected])
})

test('a string field is put in as its text', fills, '--id={.id}!', '{"id":"a b"}', '--id=a b!')
test('escapes of a string are decoded', fills, '{.s}', '{"s":"\\u00e9\\n\\"\\\\"}', 'é\n"\\')
test('a number keeps its digits', fills, '{.n}', '{"n":12345678901234567890}', '12345678901234567890')
test('null is put in as JSON', fills, '{.n}', '{"n":null}', 'null')
test('false is put in as JSON', fills, '{.n}', '{"n":false}', 'false')
test('an object is put in as JSON', fills, '{.o}', '{"o":{"a":[1]}}', '{"a":[1]}')
test('a nested field is found', fills, '{.user.id}', '{"user":{"id":"u1"}}', 'u1')
test('several fields in one argument', fills, '{.a}-{.b}-{.a}', '{"a":1,"b":2}', '1-2-1')
test('a quoted key may hold a brace', fills, '{."a } b"}', '{"a } b":1}', '1')
test('{.} is the whole record', fills, '{.}', ' {"a": 1.0} ', '{"a": 1.0}')
test('{.} of a string is its text', fills, '<{.}>', '"a\\tb"', '<a\tb>')
test('a field and the whole record', fills, '{.a} {.}', '{"a":"x"}', 'x {"a":"x"}')
test('an inserted value is not searched for placeholders', fills, '{.a}', '{"a":"{.b}{{"}', '{.b}{{')
test('a doubled brace is a brace', fills, '{{.a}} {{{.a}}}', '{"a":1}', '{.a} {1}')
test('doubled braces nest', fills, '{{"a":{{"b":{.a}}}}}', '{"a":1}', '{"a":{"b":1}}')
test('an awk program passes', fills, '{print $1; if ($2) {print}}', '{}', '{print $1; if ($2) {print}}')
test('JSON passes', fills, '{"a":{"b":{}}}', '{}', '{"a":{"b":{}}}')
test('JSON takes fields', fills, '{"a":{"b":{.a}}}', '{"a":1}', '{"a":{"b":1}}')
test('{word}, {} and a lone brace pass', fills, '{word} {} } {', '{}', '{word} {} } {')

const refuses = test.macro((t, record: string | Buffer, kind: string, message: RegExp) => {
  const failure = t.throws(() => fill(['{.a}'], record), { message })
  t.like(failure, { kind, failureClass: 'input' })
})

test('a missing field is a failure', refuses, '{"b":1}', 'field', /no field \.a/)
test('a record that is not JSON is a failure', refuses, '{"a":', 'parse', /not valid JSON/)
test('NUL is a failure', refuses, '{"a":"x\\u0000y"}', 'field', /NUL/)
test('a lone surrogate is a failure', refuses, '{"a":"\\ud800"}', 'field', /Unicode/)
test('bytes that are not UTF-8 are a failure', refuses, Buffer.from('{"a":"\xff"}', 'latin1'), 'field', /Unicode/)

test('a bad placeholder is refused at once', t => {
  t.throws(() => prepareArguments(['{.a']), { instanceOf: RangeError, message: /without a closing }/ })
  t.throws(() => prepareArguments(['{. x}']), { instanceOf: RangeError, message: /\{\. x\} is not a field path/ })
})

test('a record that fills no argument is not looked into', t => {
  t.deepEqual(fill(['{{', '-x'], 'no json'), ['{', '-x'])
})

test('a failing argument fails its record before anything runs', async t => {
  t.is((await failureOf(runCommand(['/no/such/program', '{.a}'], '{}'))).kind, 'field')
})

const hostile = [
  '-rf',
  '--',
  '',
  '\n',
  '$(reboot)',
  '; rm -rf x',
  '`id`',
  '"\'\\',
  '{.a}',
  '{{',
  ' ',
  '*',
  '\u2028',
  '\r\n',
]

test('any text arrives byte for byte as one argument', async t => {
  const noNul = fc.string({ unit: 'binary', maxLength: 40 }).filter(text => !text.includes('\0'))
  const texts = fc.array(fc.oneof(noNul, fc.constantFrom(...hostile)), { minLength: 1, maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(texts, async values => {
      const record = JSON.stringify(Object.fromEntries(values.map((value, index) => [`f${index}`, value])))
      const templates = values.map((_, index) => `{.f${index}}`)
      const [output = ''] = await runCommand([fixture('echo-args.sh'), ...templates], record, { raw: true })
      t.deepEqual(JSON.parse(output), values.map(value => `${value}\0`).join(''))
    }),
    { numRuns: 100 },
  )
})
