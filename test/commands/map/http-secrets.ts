import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { records, streamz } from '../../helpers/cli.js'
import { json, serve } from '../../helpers/http-server.js'
import { lines, map } from '../../helpers/map-http.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

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
    '--no-retry-on',
    'status:429',
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

test('--dry-run shows the idempotency key that would be sent', async t => {
  const args = ['--http', 'http://h.invalid', '--id', '.id', '--idempotency-key', '--dry-run', '--failures', 'brief']
  const keys = (out: string) =>
    (records(out) as { headers: Record<string, string> }[]).map(({ headers }) => headers['idempotency-key'])
  const single = await streamz(t, ['map', ...args], { stdin: '{"id":"a"}\n{"b":1}\n' })
  t.deepEqual(keys(String(single.stdout)), ['a'])
  t.regex(single.stderr, /^line 2: field$/m)
  const batch = await streamz(t, ['map', '--batch', ...args], { stdin: '[{"id":"a"},{"id":"b"}]\n' })
  const hash = createHash('sha256').update('["a","b"]').digest('hex').slice(0, 32)
  t.deepEqual(keys(String(batch.stdout)), [hash])
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
