import test from 'ava'
import { certificate } from '../../helpers/certificates.js'
import { streamz } from '../../helpers/cli.js'

const secret = 'S3CR3T'

const refuses = test.macro(async (t, args: readonly string[], message: RegExp) => {
  const { exitCode, stdout, stderr } = await streamz(t, ['map', ...args], { stdin: '{}\n' })
  t.is(exitCode, 2)
  t.is(String(stdout), '')
  t.regex(stderr, message)
  t.notRegex(stderr, new RegExp(secret))
})
const http = ['--http', 'http://127.0.0.1:1/']
test(
  'a missing variable is refused',
  refuses,
  [...http, '-H', 'X-Key: env:NO_SUCH'],
  /--header X-Key: the environment variable NO_SUCH is not set/,
)
test('a missing file is refused', refuses, [...http, '-H', 'X-Key: @no/such'], /cannot read no\/such: no such file/)
test('a missing certificate is refused', refuses, [...http, '--cacert', 'no.pem'], /--cacert: cannot read no\.pem/)
test(
  'authorities that are none are refused',
  refuses,
  [...http, '--cacert', certificate('good.key')],
  /--cacert: .*good\.key has no PEM certificate, expected one that begins with -----BEGIN CERTIFICATE/,
)
test(
  'a file without a certificate is refused',
  refuses,
  [...http, '--cert', certificate('client.key')],
  /--cert: .*client\.key has no PEM certificate/,
)
test(
  'a certificate without its key is refused',
  refuses,
  [...http, '--cert', certificate('client.pem')],
  /--cert: .*client\.pem has no PEM private key; --key FILE names one/,
)
test(
  'a file without a key is refused',
  refuses,
  [...http, '--cert', certificate('client.pem'), '--key', certificate('ca.pem')],
  /--key: .*ca\.pem has no PEM private key/,
)
test(
  'a key for another certificate is refused',
  refuses,
  [...http, '--cert', certificate('client.pem'), '--key', certificate('good.key')],
  /--cert and --key cannot be used together \(ERR_OSSL_X509_KEY_VALUES_MISMATCH\), expected a certificate and its own key/,
)
test('a header without a colon is refused', refuses, [...http, '-H', secret], /--header: there is no colon/)
test(
  'a bad proxy is refused',
  refuses,
  [...http, '--proxy', `ftp://u:${secret}@h`],
  /--proxy is not the URL of an HTTP proxy/,
)
test('a bad URL is refused', refuses, ['--http', `ftp://u:${secret}@h`], /ftp:\/\/\*\*\*@h is not a URL/)
test('a bad host is refused', refuses, [...http, '--allow-host', 'a b'], /--allow-host: .* is not a host/)
test('--idempotency-key needs --id', refuses, [...http, '--idempotency-key'], /needs --id PATH/)
test('--key needs --cert', refuses, [...http, '--key', 'x'], /--key needs --cert/)
test('--http and a command', refuses, [...http, '--', 'cat'], /Both --http and a COMMAND/)
test('neither --http nor a command', refuses, [], /No COMMAND was given/)
test(
  'options of --http without it',
  refuses,
  ['--connect-timeout', '1s', '--', 'cat'],
  /--connect-timeout .*needs --http/,
)
test('--shell with --http', refuses, [...http, '--shell'], /--shell/)
test(
  'a bad --no-retry-on',
  refuses,
  [...http, '--no-retry-on', 'timout'],
  /--no-retry-on: "timout".*did you mean timeout/,
)
test('a bad --retry-budget', refuses, [...http, '--retry-budget', '20'], /--retry-budget: "20" is not a retry budget/)
test('a small --order-window', refuses, [...http, '--order-window', '3'], /smaller than --concurrency 4/)
