import test from 'ava'
import { certificate, pair } from '../../helpers/certificates.js'
import { json, serve } from '../../helpers/http-server.js'
import { lines, map } from '../../helpers/map-http.js'

test('each record is posted, the answers come in the order of the input', async t => {
  const held: (() => void)[] = []
  const server = await serve(t, ({ body }, response) => {
    held.push(() => json(response, { ...JSON.parse(body), answered: true }))
    // The four at once are answered the last one first.
    if (held.length === 4) for (const answer of held.splice(0).reverse()) answer()
  })
  const { out, exitCode, stderr } = await map(t, [server.origin], { stdin: lines(20) })
  t.deepEqual(
    out,
    Array.from({ length: 20 }, (_, n) => ({ n, answered: true })),
  )
  t.is(exitCode, 0)
  t.is(stderr, '')
  t.is(server.busiest(), 4)
  t.true(server.connections() <= 4)
})

test('--order-by: one after another for a user, in order, and different users together', async t => {
  const busy = new Map<string, number>()
  const first: (() => void)[] = []
  let overlaps = 0
  const server = await serve(t, ({ body, number }, response) => {
    const { user } = JSON.parse(body)
    const now = (busy.get(user) ?? 0) + 1
    busy.set(user, now)
    if (now > 1) overlaps++
    const answer = () => {
      busy.set(user, now - 1)
      if (number % 5 === 0) json(response, 0, 500)
      else response.end(body)
    }
    // The first of each user are answered when all are there, the others in turn.
    if (number <= 4) first.push(answer)
    else setImmediate(answer)
    if (number === 4) for (const answerFirst of first) answerFirst()
  })
  const stdin = lines(120, n => ({ n, user: `u${n % 4}` }))
  const args = [server.origin, '-j', '8', '--order-by', '.user', '--retries', '10']
  const { out } = await map(t, args, { stdin })
  t.is(out.length, 120)
  t.is(overlaps, 0)
  t.true(server.busiest() >= 4)
  for (const user of ['u0', 'u1', 'u2', 'u3']) {
    const own = (out as { n: number; user: string }[]).filter(record => record.user === user).map(({ n }) => n)
    t.deepEqual(
      own,
      own.toSorted((a, b) => a - b),
    )
    t.is(own.length, 30)
  }
})

test('the id is the idempotency key of every try', async t => {
  const server = await serve(t, ({ number }, response) => json(response, 1, number === 1 ? 500 : 200))
  const args = [server.origin, '--id', '.order', '--idempotency-key', '--retries', '1']
  await map(t, args, { stdin: '{"order":"o-7"}\n' })
  t.deepEqual(
    server.requests.map(({ headers }) => headers['idempotency-key']),
    ['o-7', 'o-7'],
  )
})

test('a record without the id is not sent under another key', async t => {
  const server = await serve(t, (_, response) => json(response, 1))
  const args = [server.origin, '--id', '.order', '--idempotency-key', '--retries', '1']
  const { failed } = await map(t, args, { stdin: '{"order":"o-7"}\n{"other":1}\n' })
  t.is(server.requests.length, 1)
  t.deepEqual(
    failed.map(({ error, attempts }) => [error.kind, error.class, error.message, attempts]),
    [['field', 'input', 'Record has no field .order for --id, which --idempotency-key sends', 0]],
  )
})

test('TLS: refused, trusted, and not checked, which is said once', async t => {
  const server = await serve(t, ({ number }, response) => json(response, number), pair('good'))
  const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0' }
  const refused = await map(t, [server.origin], { stdin: lines(2), env })
  t.deepEqual(
    refused.failed.map(({ error }) => error.kind),
    ['network', 'network'],
  )
  t.is((await map(t, [server.origin, '--cacert', certificate('ca.pem')], { stdin: lines(2) })).exitCode, 0)
  const unchecked = await map(t, [server.origin, '--insecure'], { stdin: lines(2) })
  t.is(unchecked.exitCode, 0)
  t.regex(unchecked.stderr, /^streamz map: --insecure: server certificates are not verified[^\n]*\n$/)
})

test('the proxy of the environment is used, and NO_PROXY keeps to it', async t => {
  const proxy = await serve(t, (_, response) => json(response, 'proxy'))
  const server = await serve(t, (_, response) => json(response, 'server'))
  const env = { HTTP_PROXY: proxy.origin }
  t.deepEqual((await map(t, [server.origin], { stdin: '{}\n', env })).out, ['proxy'])
  t.deepEqual((await map(t, [server.origin], { stdin: '{}\n', env: { ...env, NO_PROXY: '127.0.0.1' } })).out, [
    'server',
  ])
  t.is(proxy.requests[0]?.url, `${server.origin}/`)
})

test('a record without a field of the request is not an attempt', async t => {
  const server = await serve(t, (_, response) => json(response, 1))
  const { out, failed } = await map(t, [`${server.origin}/{.n}`, '--retries', '2'], { stdin: '{}\n{"n":1}\n' })
  t.deepEqual(out, [1])
  t.like(failed, [{ attempts: 0, error: { kind: 'field', class: 'input' } }])
  t.is(server.requests.length, 1)
})
