import test from 'ava'
import { streamz } from '../helpers/cli.js'
import { startNats } from '../helpers/engines.js'

const stdin = '{"n":1}\n'

test('a wrong password and none: 74, what to do, and nothing read; the right one works', async t => {
  const { port } = await startNats(t, ['--user', 'ann', '--pass', 'sesame-4711'])
  const place = `nats://ann@127.0.0.1:${port}/streamz/quota`
  const env = { RIGHT: 'sesame-4711', WRONG: 'other-0815' }
  for (const [auth, exit, message] of [
    [['--state-auth', 'env:RIGHT'], 0, /^$/],
    [['--state-auth', 'env:WRONG'], 74, /refuses the user or the password; look at the user in the URL, --state-auth/],
    [[], 74, /refuses the user or the password/],
  ] as const) {
    const { exitCode, stdout, stderr } = await streamz(t, ['throttle', '--rate', '9/s', '--state', place, ...auth], {
      stdin,
      env,
    })
    t.is(exitCode, exit, auth.join(' '))
    t.is(String(stdout), exit === 0 ? stdin : '')
    t.regex(stderr, message)
    t.notRegex(stderr, /4711|0815/)
  }
})
