import { createHash } from 'node:crypto'
import test from 'ava'
import { type Behaviour, json, serve } from '../../helpers/http-server.js'
import { type Failed, map } from '../../helpers/map-http.js'

const flags = ['--batch', '-j', '1']
const ids = (...names: string[]) => `${JSON.stringify(names.map(id => ({ id })))}\n`
const echo: Behaviour = ({ body }, response) => response.end(body)
const seen = (failed: readonly Failed[]) =>
  failed.map(({ record, error, attempts }) => [(record as { id: string }).id, error.kind, error.class, attempts])

test('a call that fails fails each of its items, with the attempts that were made', async t => {
  for (const [behave, kind, failureClass, attempts] of [
    [(_, response) => json(response, 0, 500), 'http_status', 'transient', 3],
    [(_, response) => json(response, 0, 404), 'http_status', 'permanent', 1],
    [(_, response) => void response.socket?.resetAndDestroy(), 'network', 'transient', 3],
    [(_, response) => json(response, {}), 'output_parse', 'permanent', 1],
    [(_, response) => response.end('<html>'), 'output_parse', 'permanent', 1],
  ] as const satisfies readonly (readonly [Behaviour, string, string, number])[]) {
    const server = await serve(t, behave)
    const args = [server.origin, ...flags, '--retries', '2']
    const { out, failed, summary, exitCode } = await map(t, args, { stdin: ids('a', 'b') })
    t.deepEqual(out, [])
    t.is(exitCode, 1)
    t.deepEqual(seen(failed), [
      ['a', kind, failureClass, attempts],
      ['b', kind, failureClass, attempts],
    ])
    t.is(server.requests.length, attempts)
    t.like(summary, { read: 2, delivered: 0, failed: 2, undelivered: 0, retried: attempts - 1 })
  }
})

test('an answer with fewer or more items than the batch fails all of them', async t => {
  const server = await serve(t, ({ url }, response) => json(response, url === '/fewer' ? [1] : [1, 2, 3]))
  for (const [path, message] of [
    ['/fewer', 'Answer for the batch has 1 results for 2 items'],
    ['/more', 'Answer for the batch has 3 results for 2 items'],
  ]) {
    const before = server.requests.length
    const args = [`${server.origin}${path}`, ...flags, '--retries', '2']
    const { out, failed } = await map(t, args, { stdin: ids('a', 'b') })
    t.deepEqual(out, [])
    t.deepEqual(seen(failed), [
      ['a', 'output_parse', 'permanent', 1],
      ['b', 'output_parse', 'permanent', 1],
    ])
    t.true(failed.every(({ error }) => error.message === message))
    t.is(server.requests.length - before, 1)
  }
})

test('one bad item fails alone, with the attempts of its batch', async t => {
  const server = await serve(t, ({ body, number }, response) => {
    if (number === 1) return json(response, 0, 503)
    const items = JSON.parse(body) as { id: string }[]
    json(
      response,
      items.map(item => (item.id === 'bad' ? { error: { status: 422 } } : item)),
    )
  })
  const args = [server.origin, ...flags, '--retries', '2']
  const { out, failed, summary } = await map(t, args, { stdin: ids('a', 'bad', 'c') })
  t.deepEqual(out, [[{ id: 'a' }, { id: 'c' }]])
  t.deepEqual(seen(failed), [['bad', 'http_status', 'permanent', 2]])
  t.is(failed[0]?.error.status, 422)
  t.is(server.requests.length, 2)
  t.like(summary, { read: 3, delivered: 2, failed: 1, retried: 1 })
})

test('Retry-After for a batch is waited for and uses up no try, the batch goes again as it was', async t => {
  const server = await serve(t, (request, response) => {
    if (request.number === 1) return json(response, 0, 429, { 'retry-after': '0' })
    echo(request, response)
  })
  const { out, failed } = await map(t, [server.origin, ...flags, '--retries', '0'], { stdin: ids('a', 'b') })
  t.deepEqual(out, [[{ id: 'a' }, { id: 'b' }]])
  t.deepEqual(failed, [])
  t.deepEqual(
    server.requests.map(({ body }) => body),
    [ids('a', 'b').trim(), ids('a', 'b').trim()],
  )
})

test('the idempotency key of a batch stands for its items: the same for each try and wherever the batch stands', async t => {
  const server = await serve(t, (request, response) => {
    if (request.time === 1) return json(response, 0, 500)
    echo(request, response)
  })
  const args = (path: string) => [
    `${server.origin}${path}`,
    ...flags,
    ...['--retries', '1', '--id', '.id', '--idempotency-key'],
  ]
  const keys = async (path: string, stdin: string) => {
    const before = server.requests.length
    await map(t, args(path), { stdin })
    return server.requests.slice(before).map(({ body, headers }) => [body, headers['idempotency-key']])
  }
  const key = (...names: string[]) => createHash('sha256').update(JSON.stringify(names)).digest('hex').slice(0, 32)
  const batches = [
    ['a', 'b'],
    ['a', 'c'],
    ['ab', ''],
  ].map(names => [ids(...names).trim(), key(...names)])
  const found = await keys('/1', batches.map(([body]) => `${body}\n`).join(''))
  t.deepEqual(found.sort(), [batches[0], ...batches].sort())
  const other = '[{"more":1,"id":"a"},{"id":"b"}]'
  t.true((await keys('/2', `${ids('x')}${other}\n`)).some(([body, sent]) => body === other && sent === key('a', 'b')))
})
