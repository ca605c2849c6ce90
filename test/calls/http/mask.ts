import test from 'ava'
import { createMask, secretsOfBody, secretsOfHeader, secretsOfUrl } from '../../../src/calls/http/mask.js'
import { hideCredentials } from '../../../src/calls/http/secrets.js'

const hides = test.macro((t, secrets: readonly string[], text: string, expected: string) => {
  t.is(createMask(secrets)(text), expected)
})
test('no secrets', hides, [], 'all', 'all')
test('a text', hides, ['S3CR3T'], 'xS3CR3Tx S3CR3T', 'x***x ***')
test('signs that mean something elsewhere', hides, ['a.b*c$'], 'a.b*c$ aXb*c$', '*** aXb*c$')
test('percent-encoded', hides, ['a b/c'], 'a%20b%2Fc a%20b/c', '*** ***')
test('as JSON', hides, ['a"b\\c'], '{"k":"a\\"b\\\\c"}', '{"k":"***"}')
test(
  'as JSON within JSON',
  hides,
  ['word"b'],
  JSON.stringify({ k: JSON.stringify({ k: 'word"b' }) }),
  JSON.stringify({ k: JSON.stringify({ k: '***' }) }),
)
test('as HTML', hides, ['a<b"c'], 'a&lt;b&quot;c', '***')
test('base64', hides, ['ann:secret'], 'Basic YW5uOnNlY3JldA==', 'Basic ***')
test('the longest first', hides, ['long', 'longer'], 'longer long', '*** ***')
test('short words stay', hides, ['abc'], 'abc', 'abc')
test('a lone surrogate', hides, ['ab\ud800cd'], 'x', 'x')
test(
  'user and password',
  hides,
  secretsOfUrl('http://anna:p%40ss@h/path', false),
  'anna p@ss p%40ss path',
  '*** *** *** path',
)
test('an @ in the password', hides, secretsOfUrl('http://anna:p@ssword@h/path', false), 'anna p@ssword', '*** ***')
test('a URL that is secret', hides, secretsOfUrl('http://h/v1/t0ken?key=k%20ey', true), 'v1 t0ken k ey', 'v1 *** ***')
test('a bearer', hides, secretsOfHeader('Bearer t0ken'), 'Bearer t0ken, t0ken', '***, ***')
test('basic', hides, secretsOfHeader(`Basic ${Buffer.from('anna:t0ken').toString('base64')}`), 'anna t0ken', '*** ***')
test('values of JSON', hides, secretsOfBody('{"key":"t0ken","n":{.n},"m":123456}'), 'key t0ken 123456', 'key *** ***')
test('values of a form', hides, secretsOfBody('key=t%20ken&n={.n}'), 'key t ken', 'key ***')
test('lines of a text', hides, secretsOfBody('first\nsecond'), 'second first', '*** ***')

test('a URL is shown without its credentials, whatever they hold', t => {
  t.is(hideCredentials('http://u:p@h/x?y'), 'http://***@h/x?y')
  t.is(hideCredentials('http://u:p@ss@h/'), 'http://***@h/')
  t.is(hideCredentials('http://u:p/ss@h/'), 'http://***@h/')
  t.is(hideCredentials('u:p@h'), '***@h')
  t.is(hideCredentials('http://h/?q=a@b'), 'http://h/?q=a@b')
})
