import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { prepareProxies } from '../../../src/calls/http/proxy.js'
import { authority, pair } from '../../helpers/certificates.js'
import { refusal, request } from '../../helpers/http-call.js'
import { json, serve } from '../../helpers/http-server.js'
import { serveMute } from '../../helpers/mute-server.js'

const chosen = test.macro(
  (t, environment: Record<string, string>, origin: string, expected: string | undefined, given?: string) => {
    t.is(prepareProxies(given, environment)(origin)?.origin, expected)
  },
)

test('no proxy', chosen, {}, 'http://h', undefined)
test('http_proxy', chosen, { http_proxy: 'http://p:1' }, 'http://h', 'http://p:1')
test('HTTP_PROXY without a scheme', chosen, { HTTP_PROXY: 'p:1' }, 'http://h', 'http://p:1')
test('http_proxy is not for https', chosen, { http_proxy: 'http://p:1' }, 'https://h', undefined)
test('HTTPS_PROXY', chosen, { HTTPS_PROXY: 'https://p' }, 'https://h', 'https://p')
test('--proxy comes first', chosen, { https_proxy: 'http://p:1' }, 'https://h', 'http://q:2', 'http://q:2')
test('an empty one is none', chosen, { http_proxy: '' }, 'http://h', undefined)
const both = { http_proxy: 'http://p:1', no_proxy: 'a.com, .b.com,*.c.com d.com:8080' }
test('NO_PROXY: the host', chosen, both, 'http://a.com', undefined)
test('NO_PROXY: below the host', chosen, both, 'http://x.a.com', undefined)
test('NO_PROXY: not a host that ends alike', chosen, both, 'http://aa.com', 'http://p:1')
test('NO_PROXY: with a dot', chosen, both, 'http://x.b.com', undefined)
test('NO_PROXY: with a star', chosen, both, 'http://x.c.com', undefined)
test('NO_PROXY: another port', chosen, both, 'http://d.com', 'http://p:1')
test('NO_PROXY: the port', chosen, both, 'http://d.com:8080', undefined)
for (const entry of ['::1', '[::1]', '0:0:0:0:0:0:0:1', '[::1]:80']) {
  test(
    `NO_PROXY: ${entry}`,
    chosen,
    { http_proxy: 'http://p:1', NO_PROXY: `a.com,${entry}` },
    'http://[::1]',
    undefined,
  )
}
test('NO_PROXY: another address', chosen, { http_proxy: 'http://p:1', NO_PROXY: '::2' }, 'http://[::1]', 'http://p:1')
test(
  'NO_PROXY: another port of an address',
  chosen,
  { http_proxy: 'http://p:1', NO_PROXY: '[::1]:81' },
  'http://[::1]',
  'http://p:1',
)
test('NO_PROXY: all', chosen, { http_proxy: 'http://p:1', NO_PROXY: '*' }, 'http://h', undefined)

test('a URL that is not a proxy is refused, and its password is not shown', t => {
  for (const [given, environment] of [
    ['ftp://u:SECRET@p', {}],
    [undefined, { https_proxy: 'http://u:SECRET@' }],
  ] as const) {
    const error = t.throws(() => prepareProxies(given, environment), {
      instanceOf: RangeError,
      message: /proxy\.example\.com/i,
    })
    t.notRegex(String(error?.message), /SECRET/)
  }
})

/** A proxy that asks for `ann:secret` and keeps what it was asked for. */
const startProxy = async (t: ExecutionContext, status = 200) => {
  const asked: string[] = []
  const isAllowed = (value: string | undefined) => value === `Basic ${Buffer.from('ann:secret').toString('base64')}`
  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url} ${incoming.headers.host}`)
    if (!isAllowed(incoming.headers['proxy-authorization'])) return json(response, 0, 407)
    json(response, 'from the proxy')
  })
  server.on('connect', ({ url = '', headers }, socket) => {
    asked.push(`CONNECT ${url}`)
    socket.on('error', () => {})
    if (!isAllowed(headers['proxy-authorization'])) return socket.end('HTTP/1.1 407 Who are you\r\n\r\n')
    if (status !== 200) return socket.end(`HTTP/1.1 ${status} No\r\n\r\n`)
    const [host, port] = url.split(':')
    const through = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      through.pipe(socket).pipe(through)
    })
    through.on('error', () => socket.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const port = (server.address() as AddressInfo).port
  const through = (user: string) => ({ chooseProxy: prepareProxies(`http://${user}127.0.0.1:${port}`, {}) })
  return { asked, through }
}

test('a proxy is asked for the whole URL', async t => {
  const { asked, through } = await startProxy(t)
  t.deepEqual(await request(t, 'http://api.example.com/x?y', through('ann:secret@')), ['"from the proxy"\n'])
  t.deepEqual(asked, ['POST http://api.example.com/x?y api.example.com'])
  t.like(await refusal(request(t, 'http://api.example.com/', through(''))), { facts: { status: 407 } })
})

test('https goes through a tunnel, and the proxy password no further', async t => {
  const server = await serve(t, (_, response) => json(response, 'from the server'), pair('good'))
  const { asked, through } = await startProxy(t)
  const tls = { ca: authority }
  t.deepEqual(await request(t, server.origin, { tls, ...through('ann:secret@') }), ['"from the server"\n'])
  t.deepEqual(asked, [`CONNECT ${server.host}`])
  t.is(server.requests[0]?.headers['proxy-authorization'], undefined)
  t.is(server.requests[0]?.headers.host, server.host)
})

test('a per cent sign in the credentials of a proxy is one', t => {
  const proxy = prepareProxies('http://ann:100%@p:1', {})('http://h')
  t.is(proxy?.authorization, `Basic ${Buffer.from('ann:100%').toString('base64')}`)
})

test('the message names an unreachable proxy, not the target', async t => {
  const { origin } = await serve(t, () => {})
  const dead = origin.replace(/\d+$/, '1')
  for (const target of ['http://api.example.com/', 'https://api.example.com/']) {
    const failure = await refusal(request(t, target, { chooseProxy: prepareProxies(dead, {}) }))
    t.regex(failure.message, /^The proxy 127\.0\.0\.1:1 refuses connections/)
  }
  const mute = await serveMute(t)
  const options = { chooseProxy: prepareProxies(mute.replace('https', 'http'), {}), connectTimeout: 50 }
  const slow = await refusal(request(t, 'https://api.example.com/', options))
  t.regex(slow.message, /^No connection to api\.example\.com:443 through the proxy 127\.0\.0\.1:\d+ within 50ms/)
})

test('a tunnel that is refused says why', async t => {
  const strict = await startProxy(t)
  const unknown = await refusal(request(t, 'https://api.example.com', { retries: 1, ...strict.through('') }))
  t.like(unknown, { kind: 'network', failureClass: 'permanent', attempts: 1 })
  t.regex(unknown.message, /it answered 407.*--proxy/)
  const broken = await startProxy(t, 502)
  const passing = await refusal(request(t, 'https://api.example.com', { retries: 1, ...broken.through('ann:secret@') }))
  t.like(passing, { kind: 'network', failureClass: 'transient', attempts: 2 })
  t.notRegex(passing.message, /secret/)
})
