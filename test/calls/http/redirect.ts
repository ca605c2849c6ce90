import test from 'ava'
import { pair } from '../../helpers/certificates.js'
import { refusal, request } from '../../helpers/http-call.js'
import { type Behaviour, json, serve } from '../../helpers/http-server.js'

const to =
  (location: string, status = 302): Behaviour =>
  (_, response) =>
    json(response, { secret: 1 }, status, { location })

test('a redirect is not followed unless asked for', async t => {
  for (const status of [301, 302, 303, 307, 308]) {
    const server = await serve(t, to('/next?token=SECRET', status))
    const found = await refusal(request(t, server.origin, { retries: 2 }))
    t.like(found, { kind: 'http_status', failureClass: 'permanent', attempts: 1, facts: { status } })
    t.is(found.message, `${status} redirect to ${server.origin} not followed; -L 5 follows up to five`)
    t.is(server.requests.length, 1)
  }
})

test('a redirect keeps or changes the method as the standard says', async t => {
  const expected = [
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [307, 'POST', 'POST'],
    [308, 'PUT', 'PUT'],
    [301, 'PUT', 'PUT'],
  ] as const
  for (const [status, method, then] of expected) {
    const server = await serve(t, ({ url, number }, response) =>
      url === '/a/b' ? to('../c?d', status)({} as never, response) : json(response, number),
    )
    t.deepEqual(await request(t, `${server.origin}/a/b`, { method, follow: 1 }), ['2\n'])
    const [, second] = server.requests
    t.like(second, { method: then, url: '/c?d', body: then === 'GET' ? '' : '{"id":7}' }, `${status} ${method}`)
    t.is(second?.headers['content-type'], then === 'GET' ? undefined : 'application/json')
  }
})

test('a loop ends', async t => {
  const server = await serve(t, to('/'))
  const found = await refusal(request(t, server.origin, { follow: 3, retries: 2 }))
  t.like(found, { kind: 'http_status', failureClass: 'permanent', attempts: 1 })
  t.is(found.message, '302 redirect not followed after 3 others; -L sets how many')
  t.is(server.requests.length, 4)
})

const credentials = [
  { name: 'Authorization', value: 'Bearer SECRET' },
  { name: 'Cookie', value: 'SECRET' },
  { name: 'X-Api-Key', value: 'SECRET' },
  { name: 'X-Whatever', value: 'SECRET' },
  { name: 'Accept-Language', value: 'de' },
]

test('on the way to another origin everything that may be a credential is dropped, for good', async t => {
  const home = await serve(t, ({ url }, response) => {
    if (url === '/back') return json(response, 1)
    to(url === '/' ? '/here' : `${other.origin}/`, 307)({} as never, response)
  })
  const other = await serve(t, (_, response) => to(`${home.origin}/back`, 307)({} as never, response))
  t.deepEqual(
    await request(t, home.origin.replace('//', '//ann:SECRET@'), { follow: 3, headers: credentials.slice(1) }),
    ['1\n'],
  )
  t.deepEqual(await request(t, home.origin, { follow: 3, headers: credentials }), ['1\n'])
  const [, here] = home.requests
  t.like(here?.headers, { cookie: 'SECRET', 'x-api-key': 'SECRET' })
  for (const { headers, url } of [...other.requests, ...home.requests.filter(({ url }) => url === '/back')]) {
    t.notRegex(JSON.stringify(headers), /SECRET|Basic/, url)
    t.is(headers['accept-language'], 'de')
  }
  t.is(other.requests.length, 2)
})

test('hosts that are not allowed are not gone to', async t => {
  const other = await serve(t, (_, response) => json(response, 1))
  const home = await serve(t, to(other.origin))
  const rules = { follow: 1, allowHosts: [home.host] }
  const found = await refusal(request(t, home.origin, rules))
  t.regex(found.message, /^302 redirect to \S+ not followed: --allow-host does not allow it$/)
  t.is(other.requests.length, 0)
  t.deepEqual(await request(t, home.origin, { follow: 1, allowHosts: [home.host, other.host] }), ['1\n'])
})

test('from https no redirect leads to http, and none leads elsewhere than the web', async t => {
  const plain = await serve(t, (_, response) => json(response, 1))
  const secure = await serve(t, to(plain.origin), pair('good'))
  const found = await refusal(request(t, secure.origin, { follow: 1, tls: { rejectUnauthorized: false } }))
  t.regex(found.message, /it would be sent unencrypted/)
  t.is(plain.requests.length, 0)
  for (const location of ['file:///etc/passwd', 'http://', 'javascript:1']) {
    const server = await serve(t, to(location))
    t.regex((await refusal(request(t, server.origin, { follow: 1 }))).message, /not an http:/)
  }
})
