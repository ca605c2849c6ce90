import test from 'ava'
import type { RequestOptions } from '../../../src/calls/http/request.js'
import fc from '../../helpers/fast-check.js'
import { prepare } from '../../helpers/http-call.js'

const fill = (url: string, record: string, options: Partial<RequestOptions> = {}, id = 'id-1') =>
  prepare(url, options).fill({ bytes: Buffer.from(`${record}\n`), number: 1, file: undefined }, { id })

const goes = test.macro((t, url: string, record: string, expected: string, options: Partial<RequestOptions> = {}) => {
  const { origin, path } = fill(url, record, options)
  t.is(`${origin} ${path}`, expected)
})

test('the id of a record is not read unless it is sent', t => {
  const of = {
    get id(): string {
      throw new Error('Nobody needs it')
    },
  }
  const line = { bytes: Buffer.from('{}\n'), number: 1, file: undefined }
  t.notThrows(() => prepare('http://h', {}).fill(line, of))
  t.throws(() => prepare('http://h', { idempotencyKey: true }).fill(line, of), { message: 'Nobody needs it' })
})

test('a URL without fields', goes, 'http://h', '{}', 'http://h /')
test('its fixed part is normalised', goes, 'HTTP://H:80/a b/../é?q=ü#x', '{}', 'http://h /%C3%A9?q=%C3%BC')
test('a field in the path', goes, 'https://h/o/{.id}', '{"id":"a/b?c#d e"}', 'https://h /o/a%2Fb%3Fc%23d%20e')
test('a number, two fields in a row', goes, 'https://h/{.a}{.b}', '{"a":1.0,"b":"x"}', 'https://h /1.0x')
test(
  'fields in the query',
  goes,
  'https://h/?q={.q}&n={.n}',
  '{"q":"a&b=c","n":null}',
  'https://h /?q=a%26b%3Dc&n=null',
)
test('an empty field in the query is fine', goes, 'https://h/?q={.q}', '{"q":""}', 'https://h /?q=')
test(
  'dots in the query and in words are fine',
  goes,
  'https://h/{.a}?q={.b}',
  '{"a":"a..b","b":".."}',
  'https://h /a..b?q=..',
)
test(
  'a backslash or a line break changes nothing',
  goes,
  'https://h/{.a}',
  '{"a":"\\\\@x\\r\\n"}',
  'https://h /%5C%40x%0D%0A',
)
test('a word that looks like a mark', goes, 'https://h/field0z/{.a}', '{"a":1}', 'https://h /field0z/1')
test('IPv6', goes, 'http://[::1]:8080/{.a}', '{"a":1}', 'http://[::1]:8080 /1')

const allow = (...allowHosts: string[]) => ({ allowHosts })
test(
  'an allowed host',
  goes,
  'https://{.h}/x',
  '{"h":"a.example.com"}',
  'https://a.example.com /x',
  allow('a.example.com'),
)
test('an allowed port', goes, 'http://h:{.p}/', '{"p":8080}', 'http://h:8080 /', allow('h:8080'))
test('a whole URL', goes, '{.u}', '{"u":"http://h/a?b"}', 'http://h /a?b', allow('h'))
test('the usual port of https', goes, 'https://{.h}/', '{"h":"h"}', 'https://h /', allow('h:443'))
test('the usual port of http', goes, 'http://{.h}/', '{"h":"h"}', 'http://h /', allow('h:80'))
test('IPv6 that is allowed', goes, '{.u}', '{"u":"http://[::1]:81"}', 'http://[::1]:81 /', allow('[::1]:81'))
test(
  'a host below, with a port',
  goes,
  'https://{.h}:444',
  '{"h":"a.b.com"}',
  'https://a.b.com:444 /',
  allow('*.b.com:444'),
)
test('http that the user has chosen', goes, 'http://{.h}', '{"h":"h"}', 'http://h /', {
  ...allow('h'),
  hasSecrets: true,
})
test('http that is allowed with it', goes, '{.u}', '{"u":"http://h:81"}', 'http://h:81 /', {
  ...allow('http://h:81'),
  hasSecrets: true,
})
test('a host below', goes, 'https://{.h}.b.com', '{"h":"a"}', 'https://a.b.com /', allow('*.b.com'))

const refusedRecord = test.macro(
  (t, url: string, record: string, message: RegExp, options: Partial<RequestOptions> = {}) => {
    t.like(
      t.throws(() => fill(url, record, options), { message }),
      { kind: 'field', failureClass: 'input' },
    )
  },
)

test('a missing field is refused', refusedRecord, 'http://h/{.id}', '{}', /no field \.id, which the request needs/)
test('an empty part of the path is refused', refusedRecord, 'http://h/o/{.id}', '{"id":""}', /\.id is empty/)
test('.. is refused', refusedRecord, 'http://h/o/{.id}/x', '{"id":".."}', /segment in the path/)
test('. is refused', refusedRecord, 'http://h/o/{.id}', '{"id":"."}', /segment in the path/)
test('.. made of two is refused', refusedRecord, 'http://h/{.a}{.a}', '{"a":"."}', /segment in the path/)
test('a lone surrogate is refused', refusedRecord, 'http://h/{.a}', '{"a":"\\ud800"}', /not valid Unicode/)
const others = [
  'evil.com',
  'a.example.com:81',
  'a.example.com.evil.com',
  'evil.com/a.example.com',
  'evil.com#a.example.com',
  'user@a.example.com',
  'evil.com?',
  '',
  'evil.com\\\\',
  'xn--',
  'EVIL.com',
  '%65vil.com',
]
for (const host of others) {
  test(
    `host ${host} is refused`,
    refusedRecord,
    'http://{.h}/',
    JSON.stringify({ h: host }),
    /allow-host|from the record does not start/,
    allow('a.example.com', '*.b.com'),
  )
}
for (const url of [
  'http://u:p@a.com/',
  'file:///etc/passwd',
  'a.com',
  'http://b.com/',
  'http://a.com:81/',
  'javascript:1',
  'http://a.com@b.com',
]) {
  test(
    `URL ${url} is refused`,
    refusedRecord,
    '{.u}',
    JSON.stringify({ u: url }),
    /allow-host|from the record does not start|puts credentials/,
    allow('a.com'),
  )
}
for (const u of ['http://h/', 'http://h:443/']) {
  test(`no record sends credentials to ${u}`, refusedRecord, '{.u}', JSON.stringify({ u }), /unencrypted.*http:\/\/h/, {
    ...allow('h', 'h:443', 'https://h'),
    hasSecrets: true,
  })
}
test('https alone is https alone', refusedRecord, '{.u}', '{"u":"http://h/"}', /allow-host/, allow('https://h'))
test('port 443 is no port of http', refusedRecord, '{.u}', '{"u":"http://h/"}', /allow-host/, allow('h:443'))
test('*.b.com is not b.com', refusedRecord, 'http://{.h}', '{"h":"b.com"}', /allow-host/, allow('*.b.com'))
test('nor evilb.com', refusedRecord, 'http://{.h}', '{"h":"evilb.com"}', /allow-host/, allow('*.b.com'))

const refused = test.macro((t, url: string, message: RegExp, options: Partial<RequestOptions> = {}) => {
  t.throws(() => prepare(url, options), { instanceOf: RangeError, message })
})
test('a field in the host is refused', refused, 'http://{.h}/', /scheme, host or port.*--allow-host/)
test('a field in the port is refused', refused, 'http://h:{.p}/', /scheme, host or port/)
test('a field after the host is refused', refused, 'http://h{.p}/', /scheme, host or port/)
test('a field in the scheme is refused', refused, '{.s}://h/', /scheme, host or port/)
test('a field in the user is refused', refused, 'http://{.u}@h/', /scheme, host or port/)
test('a user before a host of the record is refused', refused, 'http://u:p@{.h}/', /credentials/, allow('h'))
test('a fixed host that is not allowed is refused', refused, 'http://h/', /--allow-host/, allow('g'))
test('no scheme is refused', refused, 'example.com/x', /is not a URL, expected one like https/)
test('another scheme is refused', refused, 'ftp://example.com', /is not a URL/)
test('a bad path is refused', refused, 'http://h/{. x}', /not a field path/)
test('a message never shows text that may be secret', t => {
  for (const text of ['http://h/S3CR3T{.', 'http://h/{.S3CR3T S3CR3T}', 'http://h/{."S3CR3T']) {
    const error = t.throws(() => prepare(text, { shownUrl: 'env:API' }), {
      instanceOf: RangeError,
      message: /^URL env:API has a/,
    })
    t.notRegex(error?.message ?? '', /S3CR3T/)
  }
  for (const text of ['S3CR3T {.', '{"a":{.S3CR3T S3CR3T}}']) {
    const error = t.throws(() => prepare('http://h', { body: text }), {
      instanceOf: RangeError,
      message: /^The body has a/,
    })
    t.notRegex(error?.message ?? '', /S3CR3T/)
  }
})

test('whatever a field holds, it stays in its place', t => {
  const prepared = prepare('https://api.example.com/orders/{.a}/items?q={.b}&z=1')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      if (a === '' || /^\.\.?$/.test(a)) return
      const bytes = Buffer.from(`${JSON.stringify({ a, b })}\n`)
      const { origin, path } = prepared.fill({ bytes, number: 1, file: undefined }, { id: 'x' })
      const url = new URL(`${origin}${path}`)
      t.is(url.host, 'api.example.com')
      t.deepEqual(url.pathname.split('/').map(decodeURIComponent), ['', 'orders', a, 'items'])
      t.deepEqual(
        [...url.searchParams],
        [
          ['q', b],
          ['z', '1'],
        ],
      )
    }),
  )
})

test('the method is POST with a body, else GET', t => {
  const method = (options: Partial<RequestOptions>) => {
    const { method, body } = fill('http://h', '{"a":1}', options)
    return [method, body?.toString()]
  }
  t.deepEqual(method({}), ['POST', '{"a":1}'])
  t.deepEqual(method({ body: '{}' }), ['POST', '{}'])
  t.deepEqual(method({ body: '' }), ['GET', undefined])
  t.deepEqual(method({ method: 'PUT' }), ['PUT', '{"a":1}'])
  for (const name of ['GET', 'HEAD', 'DELETE', 'OPTIONS']) t.deepEqual(method({ method: name }), [name, undefined])
  t.deepEqual(method({ method: 'DELETE', body: '[]' }), ['DELETE', '[]'])
  t.throws(() => prepare('http://h', { method: 'G T' }), { message: /is not a method/ })
  t.throws(() => prepare('http://h', { method: 'CONNECT' }), { message: /is not a method/ })
})

test('fields of a body are JSON in JSON, percent-encoded in a form, text in text', t => {
  const record = '{"name":"a \\"b\\" & c","n":1.0}'
  const body = (text: string, type?: string) => {
    const headers = type === undefined ? [] : [{ name: 'Content-Type', value: type }]
    return String(fill('http://h', record, { body: text, headers }).body)
  }
  t.is(body('{"who":{.name},"all":[{.n},{.}]}'), `{"who":"a \\"b\\" & c","all":[1.0,${record}]}`)
  t.is(body('{"who":{.name}}', 'application/ld+json; charset=utf-8'), '{"who":"a \\"b\\" & c"}')
  t.is(body('name={.name}&n={.n}', 'application/x-www-form-urlencoded'), 'name=a%20%22b%22%20%26%20c&n=1.0')
  t.is(body('Hello {.name}', 'text/plain'), 'Hello a "b" & c')
  t.throws(() => body('Hello {.name}'), { instanceOf: RangeError, message: /not JSON.*content-type: text\/plain/ })
  t.throws(() => body('{"who":"{.name}"}', 'application/json'), { message: /without quotes/ })
})

const headersOf = (options: Partial<RequestOptions>, record = '{"id":"7"}', url = 'http://h/') => {
  const { headers } = fill(url, record, options)
  return Object.fromEntries(headers.flatMap((name, index) => (index % 2 === 0 ? [[name, headers[index + 1]]] : [])))
}

test('headers may hold fields, take the place of ours, and leave them out', t => {
  t.deepEqual(
    headersOf({
      headers: [
        { name: 'X-Order', value: 'no {.id}' },
        { name: 'Accept', value: 'text/csv' },
        { name: 'User-Agent', value: '' },
        { name: 'X-Literal', value: '{.id}', literal: true },
      ],
    }),
    {
      'X-Order': 'no 7',
      Accept: 'text/csv',
      'X-Literal': '{.id}',
      'accept-encoding': 'gzip, deflate, br',
      'content-type': 'application/json',
    },
  )
})

test('no field can make a header of its own', t => {
  for (const id of ['a\r\nX-Evil: 1', 'a\nb', 'a\0', 'é']) {
    const headers = [{ name: 'X-Id', value: '{.id}' }]
    t.like(
      t.throws(() => headersOf({ headers }, JSON.stringify({ id }))),
      { kind: 'field' },
    )
  }
})

test('headers that cannot be sent are refused', t => {
  for (const [name, value] of [
    ['a b', '1'],
    ['', '1'],
    ['x', 'a\nb'],
    ['Content-Length', '1'],
    ['connection', 'close'],
  ]) {
    t.throws(() => headersOf({ headers: [{ name: name as string, value: value as string }] }), {
      instanceOf: RangeError,
    })
  }
})

test('user and password of the URL become a header', t => {
  const { authorization } = headersOf({}, '{}', 'http://ann:p%40ss@h/')
  t.is(authorization, `Basic ${Buffer.from('ann:p@ss').toString('base64')}`)
})

test('the id is the idempotency key', t => {
  t.is(headersOf({ idempotencyKey: true })['idempotency-key'], 'id-1')
  for (const id of ['', ' a', 'a\n', 'é']) {
    t.like(
      t.throws(() => fill('http://h', '{}', { idempotencyKey: true }, id)),
      { kind: 'field' },
    )
  }
})
