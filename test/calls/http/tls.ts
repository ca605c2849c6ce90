import test from 'ava'
import { authority, pair } from '../../helpers/certificates.js'
import { refusal, request } from '../../helpers/http-call.js'
import { json, serve } from '../../helpers/http-server.js'

const trusting = { tls: { ca: authority } }

test('a certificate of an authority that is trusted is good, by address and by name', async t => {
  const { origin, requests } = await serve(t, ({ number }, response) => json(response, number), pair('good'))
  t.deepEqual(await request(t, origin, trusting), ['1\n'])
  t.deepEqual(await request(t, origin.replace('127.0.0.1', 'localhost'), trusting), ['2\n'])
  t.is(requests.length, 2)
})

const refuses = test.macro(async (t, name: string, message: RegExp, tls: object = trusting.tls) => {
  const { origin, requests } = await serve(t, (_, response) => json(response, 1), pair(name))
  const found = await refusal(request(t, origin, { tls, retries: 2 }))
  t.like(found, { kind: 'network', failureClass: 'permanent', attempts: 1 })
  t.regex(found.message, message)
  t.regex(found.message, /--cacert FILE .*--insecure/)
  t.is(requests.length, 0)
})

test('a self-signed certificate is refused', refuses, 'self-signed', /is self-signed/)
test('an expired certificate is refused', refuses, 'expired', /has expired/)
test('a certificate for another host is refused', refuses, 'other-host', /is for another host/)
test('an unknown authority is refused', refuses, 'good', /signed by an unknown authority/, {})
test('a self-signed one is refused without an authority', refuses, 'self-signed', /is self-signed/, {})

test('only --insecure turns verification off', async t => {
  for (const name of ['self-signed', 'expired', 'other-host']) {
    const { origin } = await serve(t, (_, response) => json(response, 1), pair(name))
    t.deepEqual(await request(t, origin, { tls: { rejectUnauthorized: false } }), ['1\n'], name)
  }
})

test('the client certificate is sent to the server, not to the target of a redirect', async t => {
  const mutual = { ...pair('good'), ca: authority }
  const last = await serve(t, (_, response) => json(response, 2), mutual)
  const first = await serve(
    t,
    ({ url }, response) => (url === '/' ? json(response, 1) : json(response, 0, 307, { location: `${last.origin}/x` })),
    mutual,
  )
  const tls = { ca: authority, ...pair('client') }
  t.deepEqual(await request(t, first.origin, { tls }), ['1\n'])
  t.like(await refusal(request(t, first.origin, trusting)), { kind: 'network' })
  t.is(first.requests.length, 1)
  t.like(await refusal(request(t, `${first.origin}/away`, { tls, follow: 1 })), { kind: 'network' })
  t.is(last.requests.length, 0)
})

test('a server without TLS says so', async t => {
  const { origin } = await serve(t, (_, response) => json(response, 1))
  const found = await refusal(request(t, origin.replace('http:', 'https:'), { retries: 1 }))
  t.like(found, { kind: 'network', failureClass: 'permanent', attempts: 1 })
  t.regex(found.message, /expected a server that speaks TLS/)
})
