import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { Redis } from 'ioredis'
import { certificate } from '../helpers/certificates.js'
import { streamz } from '../helpers/cli.js'
import { startRedis } from '../helpers/engines.js'
import { makeFolder } from '../helpers/temporary-folder.js'

const stdin = '{"n":1}\n{"n":2}\n'
const secret = 'sesame-open-4711'

test('a wrong password and none: 74, what to do, and nothing read', async t => {
  const { port, url } = await startRedis(t, ['--requirepass', secret])
  const env = { WRONG: 'not-this-one-0815' }
  for (const [place, auth, message] of [
    [
      url('api'),
      ['--state-auth', 'env:WRONG'],
      /refuses the password; look at the user in the URL and at --state-auth/,
    ],
    [url('api'), [], /asks for a password; give it as in: --state-auth env:REDIS_PASSWORD/],
    [`redis://nobody:${env.WRONG}@127.0.0.1:${port}/api`, [], /refuses the password/],
  ] as const) {
    for (const command of [
      ['breaker', '--state', place, ...auth, '--', 'cat'],
      ['throttle', '--rate', '9/s', '--state', place, ...auth],
      ['breaker', 'status', place, ...auth],
    ]) {
      const { exitCode, stdout, stderr } = await streamz(t, command, { stdin, env })
      t.is(exitCode, 74, command.join(' '))
      t.is(String(stdout), '')
      t.regex(stderr, message)
      t.notRegex(stderr, /not-this-one/)
    }
  }
})

test('a password is shown nowhere: messages, summary, failures, events, states, reports', async t => {
  const { port, url } = await startRedis(t, ['--requirepass', secret])
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 'password'), `${secret}\n`)
  const inUrl = (name: string) => `redis://:${secret}@127.0.0.1:${port}/${name}`
  const run = (args: readonly string[]) => streamz(t, args, { stdin, cwd, env: { PASSWORD: secret } })
  const fails = [
    '--consecutive',
    '1',
    '--fail-rate',
    'off',
    '--events',
    'events',
    '--dlq',
    'dead',
    '--summary',
    'summary',
  ]
  let seen = ''
  const outputs = [
    await run(['breaker', '--state', inUrl('api'), ...fails, '--on-open', 'fail', '--', 'false']),
    await run(['breaker', '--state', inUrl('api'), '--on-open', 'fail', '--', 'cat']),
    await run(['breaker', 'status', inUrl('api')]),
    await run(['breaker', 'status', inUrl('api'), '--json']),
    await run(['breaker', 'check', url('api'), '--state-auth', '@password']),
    await run(['gate', '--breaker', inUrl('api'), '--max-wait', '100ms', '--interval', '20ms']),
    await run(['throttle', '--rate', '9/s', '--state', inUrl('quota')]),
    await run(['throttle', 'status', url('quota'), '--state-auth', 'env:PASSWORD']),
    await run(['throttle', '--rate', '9/s', '--rate', '8/s', '--state', inUrl('quota')]),
    await run(['map', '--rate', '9/s', '--rate-state', inUrl('calls'), '--raw', '--', 'echo', 'hi']),
    await run(['breaker', '--state', inUrl('bad name'), '--', 'cat']),
    await run(['breaker', 'reset', inUrl('api')]),
  ]
  for (const { stdout, stderr } of outputs) seen += String(stdout) + stderr
  t.deepEqual(
    outputs.map(({ exitCode }) => exitCode),
    [1, 75, 0, 0, 75, 75, 0, 0, 2, 0, 2, 0],
  )
  t.regex(seen, /--state: a password in a URL can be seen by other users of this host; use --state-auth env:NAME/)
  for (const file of ['events', 'dead', 'summary']) seen += readFileSync(join(cwd, file), 'utf8')
  const redis = new Redis({ port, password: secret })
  for (const key of await redis.keys('*')) seen += JSON.stringify(await redis.hgetall(key))
  redis.disconnect()
  t.true(seen.length > 5000)
  t.notRegex(seen, /sesame|4711/)
})

test('TLS: with the right authority it works, with a wrong certificate it is 74', async t => {
  const tls = (name: string) => [
    ...['--tls-port', 'PORT', '--port', '0', '--tls-auth-clients', 'no', '--tls-ca-cert-file', certificate('ca.pem')],
    ...['--tls-cert-file', certificate(`${name}.pem`), '--tls-key-file', certificate(`${name}.key`)],
  ]
  const trust = ['--state-cacert', certificate('ca.pem')]
  const check = async (port: number, scheme: string, flags: readonly string[]) => {
    const place = `${scheme}://127.0.0.1:${port}/api`
    const { exitCode, stdout, stderr } = await streamz(t, ['breaker', '--state', place, ...flags, '--', 'cat'], {
      stdin,
    })
    return {
      exitCode,
      out: String(stdout),
      says: /not trusted \(\w+\).*/.exec(stderr)?.[0],
    }
  }
  const good = await startRedis(t, tls('good'))
  t.like(await check(good.port, 'rediss', trust), { exitCode: 0, out: stdin })
  const advice = 'name the one to trust, as in: --state-cacert ca.pem'
  t.like(await check(good.port, 'rediss', []), {
    exitCode: 74,
    out: '',
    says: `not trusted (SELF_SIGNED_CERT_IN_CHAIN); ${advice}`,
  })
  for (const [name, code] of [
    ['self-signed', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['expired', 'CERT_HAS_EXPIRED'],
    ['other-host', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ] as const) {
    const { port } = await startRedis(t, tls(name))
    t.like(await check(port, 'rediss', trust), { exitCode: 74, out: '', says: `not trusted (${code}); ${advice}` })
  }
  const plain = await startRedis(t)
  t.like(await check(plain.port, 'rediss', trust), { exitCode: 75, out: '' })
})

test('out of memory: a limit ends with 75, a breaker goes on and says so', async t => {
  const { url, port } = await startRedis(t)
  const redis = new Redis({ port })
  await redis.config('SET', 'maxmemory', '1')
  const limited = await streamz(t, ['throttle', '--rate', '9/s', '--state', url('quota'), '--max-wait', '1s'], {
    stdin,
  })
  t.is(limited.exitCode, 75)
  t.is(String(limited.stdout), '')
  t.regex(
    limited.stderr,
    /Cannot use the limit of --state: redis:\S+ has no memory left \(maxmemory\); free some of it, or raise it/,
  )
  const guarded = await streamz(t, ['breaker', '--state', url('api'), '--', 'cat'], { stdin })
  t.is(guarded.exitCode, 0)
  t.is(String(guarded.stdout), stdin)
  t.regex(guarded.stderr, /has no memory left .*until then breaker api uses only what this process sees/)
  redis.disconnect()
})

test('a server that may forget is told of once, with the line that changes it', async t => {
  const { url, port } = await startRedis(t, [
    '--maxmemory',
    '64mb',
    '--maxmemory-policy',
    'allkeys-lru',
    '--appendonly',
    'no',
  ])
  const { exitCode, stderr } = await streamz(
    t,
    ['breaker', '--state', url('api'), '--rate', '99/s', '--rate-state', url('calls'), '--', 'cat'],
    { stdin },
  )
  t.is(exitCode, 0)
  const server = `redis://127.0.0.1:${port}`
  t.is(
    stderr,
    `streamz breaker: ${server} may forget this state when its memory is full (maxmemory-policy allkeys-lru): redis-cli -u ${server} config set maxmemory-policy noeviction\n` +
      `streamz breaker: ${server} may forget this state when it is restarted (appendonly no): redis-cli -u ${server} config set appendonly yes\n`,
  )
  t.is((await streamz(t, ['breaker', 'status', url('api')])).stderr, '')
})

test('what another program keeps under the name is left alone', async t => {
  const { url, port } = await startRedis(t)
  const redis = new Redis({ port })
  await redis.set('streamz:text', 'precious')
  await redis.hset('streamz:hash', 'field', 'precious')
  await redis.hset('streamz:json', { r: 'a', t: 'a', v: '{"mine":1}' })
  for (const name of ['text', 'hash', 'json']) {
    const limited = await streamz(t, ['throttle', '--rate', '9/s', '--state', url(name)], { stdin })
    t.is(limited.exitCode, 74, name)
    t.regex(limited.stderr, /use another name, or remove it from the server/)
    const guarded = await streamz(t, ['breaker', '--state', url(name), '--', 'cat'], { stdin })
    t.is(guarded.exitCode, 0, name)
    t.regex(guarded.stderr, /until then breaker \w+ uses only what this process sees/)
  }
  t.is(await redis.get('streamz:text'), 'precious')
  t.deepEqual(await redis.hgetall('streamz:hash'), { field: 'precious' })
  t.is(await redis.hget('streamz:json', 'v'), '{"mine":1}')
  redis.disconnect()
})

test('a state of another kind is left alone too, and its owner goes on', async t => {
  const { url } = await startRedis(t)
  const [api, quota] = [url('api'), url('quota')]
  await streamz(t, ['breaker', 'open', api, '--for', '1h'])
  await streamz(t, ['throttle', '--rate', '9/s', '--state', quota], { stdin })
  const before = await streamz(t, ['breaker', 'check', api])
  t.is(before.exitCode, 75)
  const limited = await streamz(t, ['throttle', '--rate', '9/s', '--state', api], { stdin })
  t.is(limited.exitCode, 74)
  t.regex(limited.stderr, /holds the state of a circuit breaker and is not changed: use another name/)
  const status = await streamz(t, ['breaker', 'status', quota])
  t.is(status.exitCode, 74)
  t.regex(status.stderr, /holds a limit \(throttle --state, map --rate-state\) and is not changed: use another name/)
  t.is((await streamz(t, ['breaker', 'check', api])).exitCode, 75)
  t.is((await streamz(t, ['throttle', '--rate', '9/s', '--state', quota], { stdin })).exitCode, 0)
})
