import test from 'ava'
import { json, serve } from '../../helpers/http-server.js'
import { map } from '../../helpers/map-http.js'

const methods = (requests: readonly { readonly method: string }[]) => requests.map(({ method }) => method)

test('a redirect that leads in a circle is followed as often as asked for, and is not tried again', async t => {
  for (const [code, followed] of [
    [307, ['POST', 'POST', 'POST']],
    [302, ['POST', 'GET', 'GET']],
  ] as const) {
    for (const retries of ['0', '2']) {
      const server = await serve(t, ({ url }, response) => json(response, 0, code, { location: url }))
      const { out, failed } = await map(t, [server.origin, '-L', '2', '--retries', retries], { stdin: '1\n' })
      t.deepEqual(out, [])
      t.like(failed, [{ attempts: 1, error: { kind: 'http_status', class: 'permanent', status: code } }])
      t.deepEqual(methods(server.requests), followed)
    }
  }
})

test('without -L, and to a host that is not allowed, nothing follows', async t => {
  const last = await serve(t, (_, response) => json(response, 1))
  const first = await serve(t, (_, response) => json(response, 0, 307, { location: last.origin }))
  for (const args of [[], ['-L', '2', '--allow-host', first.host]]) {
    const { failed } = await map(t, [first.origin, '--retries', '2', ...args], { stdin: '1\n' })
    t.like(failed, [{ attempts: 1, error: { kind: 'http_status', class: 'permanent', status: 307 } }])
  }
  t.is(first.requests.length, 2)
  t.is(last.requests.length, 0)
})

test('another origin gets the POST once, and none of our secrets', async t => {
  const last = await serve(t, ({ body }, response) => response.end(body))
  const first = await serve(t, (_, response) => json(response, 0, 307, { location: `${last.origin}/x` }))
  const secrets = ['-H', 'Authorization: Bearer a', '-H', 'Cookie: a', '-H', 'X-Key: a']
  const { out } = await map(t, [first.origin, '-L', '1', ...secrets], { stdin: '{"n":1}\n' })
  t.deepEqual(out, [{ n: 1 }])
  t.like(first.requests[0]?.headers, { authorization: 'Bearer a', cookie: 'a', 'x-key': 'a' })
  t.is(first.requests.length, 1)
  t.like(last.requests, [{ method: 'POST', url: '/x', body: '{"n":1}' }])
  t.is(last.requests.length, 1)
  const { authorization, cookie, 'x-key': key } = last.requests[0]?.headers ?? {}
  t.deepEqual([authorization, cookie, key], [undefined, undefined, undefined])
})

test('when the other origin breaks, a try is the whole way again, and only when asked for', async t => {
  for (const retries of [0, 2]) {
    const last = await serve(t, (_, response) => void response.socket?.resetAndDestroy())
    const first = await serve(t, (_, response) => json(response, 0, 307, { location: last.origin }))
    const { failed } = await map(t, [first.origin, '-L', '1', '--retries', `${retries}`], { stdin: '1\n' })
    t.like(failed, [{ attempts: 1 + retries, error: { kind: 'network', class: 'transient' } }])
    t.is(first.requests.length, 1 + retries)
    t.is(last.requests.length, 1 + retries)
  }
})
