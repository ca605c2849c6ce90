import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { certificate, pair } from './helpers/certificates.js'
import { until } from './helpers/children.js'
import { type CliOptions, records, start, streamz } from './helpers/cli.js'
import { createFlaky, json, serve } from './helpers/http-server.js'
import { makeFolder } from './helpers/temporary-folder.js'

type Failed = {
  error: { kind: string; class: string; status: number; message: string }
  attempts: number
  record: unknown
}

const failures = (stderr: string) =>
  stderr
    .split('\n')
    .filter(line => line.startsWith('{"$streamz":"error'))
    .map(line => JSON.parse(line) as Failed)

const lines = (count: number, make: (n: number) => object = n => ({ n })) =>
  Array.from({ length: count }, (_, n) => `${JSON.stringify(make(n))}\n`).join('')

/** Runs `map --http`; a summary is kept beside. */
const map = async (t: ExecutionContext, args: readonly string[], options: CliOptions = {}) => {
  const cwd = options.cwd ?? makeFolder(t)
  const result = await streamz(t, ['map', '--http', ...args, '--summary', 'summary.json', '--backoff', '1ms..5ms'], {
    ...options,
    cwd,
  })
  const summary = JSON.parse(readFileSync(join(cwd, 'summary.json'), 'utf8'))
  return { ...result, out: records(result.stdout), failed: failures(result.stderr), summary }
}

test('each record is posted, the answers come in the order of the input', async t => {
  const server = await serve(t, ({ body, number }, response) => {
    setTimeout(() => json(response, { ...JSON.parse(body), answered: true }), number % 2 === 0 ? 0 : 10)
  })
  const { out, exitCode, stderr } = await map(t, [server.origin], { stdin: lines(20) })
  t.deepEqual(
    out,
    Array.from({ length: 20 }, (_, n) => ({ n, answered: true })),
  )
  t.is(exitCode, 0)
  t.is(stderr, '')
  t.true(server.busiest() > 1 && server.busiest() <= 4)
  t.true(server.connections() <= 4)
})

test('good plus failed is the input, whatever the server does', async t => {
  const behave = ['ok', 'status', 'reset', 'text', 'busy', 'huge'] as const
  const server = await serve(t, ({ url, time }, response) => {
    const how = url.slice(1)
    if (how === 'ok') return json(response, 1)
    if (how === 'status') return json(response, 1, 404)
    if (how === 'reset') return void response.socket?.resetAndDestroy()
    if (how === 'text') return void response.end('hello')
    if (how === 'huge') return void response.end(Buffer.alloc(2000, '1'))
    if (how === 'busy') return json(response, 1, time < 3 ? 429 : 200, { 'retry-after': '0' })
  })
  const stdin = behave.map(how => `${JSON.stringify({ how })}\n`).join('')
  const args = [`${server.origin}/{.how}`, '--retries', '1', '--max-response', '1kB']
  const { out, failed, exitCode, summary } = await map(t, args, { stdin })
  t.is(out.length + failed.length, behave.length)
  t.deepEqual(out, [1, 1])
  t.is(exitCode, 1)
  const kinds = failed.map(({ record, error, attempts }) => [
    (record as { how: string }).how,
    error.kind,
    error.class,
    attempts,
  ])
  t.deepEqual(kinds, [
    ['status', 'http_status', 'permanent', 1],
    ['reset', 'network', 'transient', 2],
    ['text', 'output_parse', 'permanent', 1],
    ['huge', 'output_too_large', 'permanent', 1],
  ])
  t.like(summary, { read: 6, delivered: 2, failed: 4, undelivered: 0 })
  t.is(server.requests.filter(({ url }) => url === '/busy').length, 3)
})

test('a server that hangs is a timeout', async t => {
  const server = await serve(t, () => {})
  const { failed, exitCode } = await map(t, [server.origin, '--timeout', '300ms', '--retries', '1'], { stdin: '{}\n' })
  t.is(exitCode, 1)
  t.like(failed, [{ error: { kind: 'timeout', class: 'transient', message: 'No answer within 300ms' }, attempts: 2 }])
})

test('GET, HEAD, PUT and DELETE are tried again, POST and PATCH are not unless asked for', async t => {
  const server = await serve(t, (_, response) => json(response, 0, 500))
  for (const [method, args, attempts] of [
    ['GET', [], 3],
    ['HEAD', [], 3],
    ['PUT', [], 3],
    ['DELETE', [], 3],
    ['POST', [], 1],
    ['PATCH', [], 1],
    ['POST', ['--retries', '1'], 2],
    ['GET', ['--retries', '0'], 1],
  ] as const) {
    const before = server.requests.length
    const { failed } = await map(t, [server.origin, '-X', method.toLowerCase(), ...args], { stdin: '{}\n' })
    t.is(failed[0]?.attempts, attempts, method)
    t.is(server.requests.length - before, attempts, method)
    t.is(server.requests.at(-1)?.method, method)
  }
})

test('a POST whose kept-alive connection is closed is sent once at most', async t => {
  const server = await serve(t, ({ number }, response) => {
    response.once('finish', () => setTimeout(() => response.socket?.destroy(), number % 3))
    json(response, number)
  })
  const { out, failed } = await map(t, [server.origin, '-j', '2'], { stdin: lines(60) })
  t.is(out.length + failed.length, 60)
  t.true(server.requests.length <= 60)
  t.is(new Set(server.requests.map(({ body }) => body)).size, server.requests.length)
})

test('--retry-on and --no-retry-on say what is tried again', async t => {
  const server = await serve(t, ({ url }, response) => json(response, 0, Number(url.slice(1))))
  const stdin = '{"s":404}\n{"s":500}\n{"s":503}\n'
  const attempts = async (...args: string[]) =>
    (await map(t, [`${server.origin}/{.s}`, '--retries', '1', ...args], { stdin })).failed.map(
      ({ attempts }) => attempts,
    )
  t.deepEqual(await attempts(), [1, 2, 2])
  t.deepEqual(await attempts('--no-retry-on', 'status:503'), [1, 2, 1])
  t.deepEqual(await attempts('--no-retry-on', 'http_status'), [1, 1, 1])
  t.deepEqual(await attempts('--retry-on', 'status:4xx'), [2, 1, 1])
  t.deepEqual(await attempts('--retry-on', 'http_status', '--no-retry-on', 'status:5xx'), [2, 1, 1])
})

test('Retry-After holds back all records, and uses up no attempt', async t => {
  let until = 0
  let early = 0
  const server = await serve(t, ({ number }, response) => {
    if (performance.now() < until) early++
    if (number !== 5) return json(response, number)
    until = performance.now() + 990
    json(response, 0, 429, { 'retry-after': '1' })
  })
  const { out, failed, summary } = await map(t, [server.origin, '-j', '1'], { stdin: lines(20) })
  t.is(out.length, 20)
  t.deepEqual(failed, [])
  t.is(early, 0)
  t.is(server.requests.length, 21)
  t.is(summary.retried, 1)
})

test('with several calls at once none but those under way comes early', async t => {
  let until = 0
  let early = 0
  const server = await serve(t, ({ number }, response) => {
    if (performance.now() < until) early++
    if (number !== 10) return json(response, number)
    const date = new Date(Date.now() + 2000)
    // HTTP dates have no fractions.
    until = performance.now() + 900
    json(response, 0, 503, { 'retry-after': date.toUTCString() })
  })
  const { out } = await map(t, [server.origin, '-j', '4'], { stdin: lines(60) })
  t.is(out.length, 60)
  t.true(early <= 3, `${early} came early`)
})

test('an answer that says that no request is left slows all down', async t => {
  let until = 0
  let early = 0
  const server = await serve(t, ({ number }, response) => {
    if (performance.now() < until) early++
    if (number === 5) until = performance.now() + 990
    json(response, number, 200, { ratelimit: `"default";r=${number === 5 ? 0 : 9};t=1` })
  })
  const { out } = await map(t, [server.origin, '-j', '1'], { stdin: lines(10) })
  t.is(out.length, 10)
  t.is(early, 0)
  t.is(server.requests.length, 10)
})

test('a pause ends at once when the run is cut short', async t => {
  const server = await serve(t, (_, response) => json(response, 0, 429, { 'retry-after': '300' }))
  const { child, finished } = start(t, ['map', '--http', server.origin, '-j', '2', '--summary', 'summary.json'])
  child.stdin?.write(lines(6))
  await until(t, 'two requests are refused', () => server.requests.length === 2)
  const before = performance.now()
  child.kill('SIGTERM')
  const { exitCode, stderr, cwd } = await finished
  t.true(performance.now() - before < 9000)
  t.is(exitCode, 143)
  t.is(server.requests.length, 2)
  t.deepEqual([...new Set(failures(stderr).map(({ error }) => error.kind))], ['cancelled'])
  const { read, failed, delivered, undelivered } = JSON.parse(readFileSync(join(cwd, 'summary.json'), 'utf8'))
  t.is(read, failed + delivered + undelivered)
})

test('30% transient failures: never more than ten of fifty are retries', async t => {
  const { behave, most } = createFlaky()
  const server = await serve(t, behave)
  const { out, failed, summary } = await map(t, [server.origin, '-j', '50', '--retries', '3'], { stdin: lines(2000) })
  t.is(out.length + failed.length, 2000)
  t.true(most() > 3 && most() <= 10, `${most()} retries at once`)
  t.true(failed.every(({ attempts, error }) => attempts === 4 && error.class === 'transient'))
  t.is(server.requests.length, 2000 + summary.retried)
  t.true(server.busiest() <= 50)
})

test('--order-by: one after another for a user, in order, and different users together', async t => {
  const busy = new Map<string, number>()
  let overlaps = 0
  const server = await serve(t, ({ body, number }, response) => {
    const { user } = JSON.parse(body)
    const now = (busy.get(user) ?? 0) + 1
    busy.set(user, now)
    if (now > 1) overlaps++
    setTimeout(() => {
      busy.set(user, now - 1)
      if (number % 5 === 0) json(response, 0, 500)
      else response.end(body)
    }, number % 3)
  })
  const stdin = lines(120, n => ({ n, user: `u${n % 4}` }))
  const args = [server.origin, '-j', '8', '--order-by', '.user', '--retries', '10']
  const { out } = await map(t, args, { stdin })
  t.is(out.length, 120)
  t.is(overlaps, 0)
  t.true(server.busiest() > 1)
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

const secret = 'S3CR3T'

test('secrets come from the environment and from files, and are shown nowhere', async t => {
  const server = await serve(t, ({ number }, response) =>
    json(response, 0, [400, 429, 302][number % 3], { location: `http://x:${secret}@h/${secret}`, 'retry-after': '0' }),
  )
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 'token'), `${secret}\n`)
  const env = { TOKEN: secret, API: `${server.origin.replace('//', `//ann:${secret}@`)}/${secret}` }
  const args = [
    'env:API',
    '-H',
    'Authorization: Bearer env:TOKEN',
    '-H',
    'X-Key: @token',
    '-H',
    'X-Plain: {.n}',
    '-d',
    '@token',
    '-H',
    'content-type: text/plain',
  ]
  const { stdout, stderr, cwd: folder } = await map(t, args, { stdin: lines(6), env, cwd })
  t.is(server.requests.length > 5, true)
  t.like(server.requests[0]?.headers, { authorization: `Bearer ${secret}`, 'x-key': secret, 'x-plain': '0' })
  t.like(server.requests[0], { body: secret, url: `/${secret}` })
  t.notRegex(`${stdout}${stderr}${readFileSync(join(folder, 'summary.json'))}`, new RegExp(secret))

  const dry = await streamz(t, ['map', '--http', ...args, '--dry-run'], { stdin: '{"n":1}\n', env, cwd })
  t.deepEqual(records(dry.stdout), [
    {
      method: 'POST',
      url: 'env:API',
      headers: {
        Authorization: 'Bearer env:TOKEN',
        'X-Key': '@token',
        'X-Plain': '1',
        'user-agent': 'streamz/0.1.0',
        accept: 'application/json, */*;q=0.1',
        'accept-encoding': 'gzip, deflate, br',
        'content-type': 'text/plain',
      },
      body: '@token',
    },
  ])
})

test('--dry-run shows the requests and makes none', async t => {
  const server = await serve(t, (_, response) => json(response, 1))
  const args = [
    '--http',
    `${server.origin.replace('//', `//ann:${secret}@`)}/o/{.id}`,
    '-H',
    `Cookie: ${secret}`,
    '--dry-run',
  ]
  const { stdout, exitCode } = await streamz(t, ['map', ...args], { stdin: '{"id":"a b"}\n' })
  t.is(exitCode, 0)
  t.notRegex(String(stdout), new RegExp(secret))
  const [call] = records(stdout) as { headers: Record<string, string> }[]
  t.like(call, { method: 'POST', url: `${server.origin}/o/a%20b`, body: '{"id":"a b"}' })
  t.like(call?.headers, { Cookie: '***', authorization: '***' })
  t.is(server.requests.length, 0)
})

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
test('neither --http nor a command', refuses, [], /No COMMAND is given/)
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
  t.regex(unchecked.stderr, /^streamz map: --insecure: nobody checks[^\n]*\n$/)
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

test('a call that hangs does not hold the end of a run that is cut short', async t => {
  const server = await serve(t, () => {})
  const { child, finished } = start(t, ['map', '--http', server.origin, '--drain', '3s', '--kill-after', '2900ms'])
  child.stdin?.write('{}\n')
  await until(t, 'the request is there', () => server.requests.length === 1)
  child.kill('SIGINT')
  const { exitCode, stderr } = await finished
  t.is(exitCode, 130)
  t.deepEqual(
    failures(stderr).map(({ error }) => error.kind),
    ['cancelled'],
  )
})
