import { cpSync } from 'node:fs'
import { join, resolve } from 'node:path'
import test from 'ava'
import { execa } from 'execa'
import { streamz } from '../../helpers/cli.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const stdin = '{"n":1}\n'

test('what is no URL of a state is a mistake: nothing is read, and nothing of it is shown', async t => {
  for (const [url, message] of [
    ['http://host/api', 'http:// is not a scheme of a state; use redis://, rediss:// or nats://'],
    ['redis://:sesame@host', 'it must end with NAME'],
    ['redis://:sesame@host/a/b/c', 'it must end with NAME'],
    ['redis://:sesame@host/a b', 'it must end with NAME'],
    ['redis://:sesame@host/api?db=1', 'it must end with the name, without ? and #'],
    ['redis://:sesame@', 'it is not a URL; use redis://HOST/NAME'],
    ['nats://:sesame@host/api', 'it must end with BUCKET/NAME'],
  ] as const) {
    for (const [flag, args] of [
      ['--state', ['throttle', '--rate', '9/s', '--state', url]],
      ['--state', ['breaker', '--state', url, '--', 'cat']],
      ['STATE', ['breaker', 'status', url]],
    ] as const) {
      const { exitCode, stdout, stderr } = await streamz(t, args, { stdin })
      t.is(exitCode, 2, args.join(' '))
      t.is(String(stdout), '')
      t.true(stderr.includes(`${flag}: ${message}`), stderr)
      t.notRegex(stderr, /sesame/)
    }
  }
})

test('flags of a server need one that understands them, and a password stands nowhere on the command line', async t => {
  const env = { PASSWORD: 'sesame' }
  for (const [args, message] of [
    [
      ['--state', 'a.json', '--state-auth', 'env:PASSWORD'],
      '--state-auth is for a state on a server, as in: --state redis://HOST/NAME',
    ],
    [['--state-cacert', 'ca.pem'], '--state-cacert is for a state on a server'],
    [
      ['--state', 'redis://127.0.0.1:1/a', '--state-auth', 'sesame'],
      'use env:NAME or @FILE, as in: --state-auth env:REDIS_PASSWORD',
    ],
    [
      ['--state', 'redis://127.0.0.1:1/a', '--state-auth', 'env:MISSING'],
      'the environment variable MISSING is not set',
    ],
    [
      ['--state', 'redis://127.0.0.1:1/a', '--state-cacert', 'none.pem'],
      '--state-cacert: cannot read none.pem: no such file',
    ],
    [
      ['--state', 'redis://127.0.0.1:1/a', '--state-cacert', resolve('package.json')],
      '--state-cacert needs TLS, but the state is at redis://127.0.0.1:1/a; use rediss://',
    ],
    [['--state', 'redis://127.0.0.1:1/a', '--state-creds', resolve('package.json')], '--state-creds is for nats://'],
  ] as const) {
    const { exitCode, stdout, stderr } = await streamz(t, ['throttle', '--rate', '9/s', ...args], { stdin, env })
    t.is(exitCode, 2, args.join(' '))
    t.is(String(stdout), '')
    t.true(stderr.includes(message), stderr)
    t.notRegex(stderr, /sesame/)
  }
})

test('without the package of a server the line that installs it is told', async t => {
  const folder = makeFolder(t)
  cpSync('dist', join(folder, 'dist'), { recursive: true })
  for (const [url, packages] of [
    ['redis://127.0.0.1:1/a', 'ioredis@6.0.0'],
    ['nats://127.0.0.1:1/b/a', '@nats-io/transport-node@3.3.1 @nats-io/jetstream@3.3.1 @nats-io/kv@3.3.1'],
  ] as const) {
    const args = [join(folder, 'dist/streamz.cjs'), 'throttle', '--rate', '9/s', '--state', url]
    const { exitCode, stdout, stderr } = await execa(process.execPath, args, { input: stdin, reject: false })
    t.is(exitCode, 2)
    t.is(stdout, '')
    t.true(stderr.includes(`install it beside it: npm install ${packages}\n`), stderr)
  }
})
