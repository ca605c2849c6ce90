import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { define } from '../../../src/commands/gate.js'
import { force, initial } from '../../../src/core/breaker/breaker.js'
import { createBreakerOptions } from '../../../src/core/breaker/options.js'
import { save } from '../../../src/core/breaker/save.js'
import { shell, streamz } from '../../helpers/cli.js'
import { lookAtKinds, testOwnFlags } from '../../helpers/flags.js'
import { serverFlags } from '../../helpers/server-flags.js'
import { makeFolder } from '../../helpers/temporary-folder.js'

const soon = ['--interval', '20ms']
const giveUp = ['--max-wait', '2s', '--rise', '1', ...soon]
/** Fails the first time alone. */
const secondTime = 'test -e seen || { touch seen; exit 1; }'
const onlyOnce = 'test ! -e seen || exit 1; touch seen'
const closed = { out: '', exit: 75 }
const open = { out: '1\n', exit: 0 }

testOwnFlags('gate', define(), {
  '--file': {
    args: giveUp,
    instead: ['--file', 'missing'],
    flag: ['--file', '.'],
    stdin: '1\n',
    without: closed,
    with: open,
  },
  '--cmd': {
    args: giveUp,
    instead: ['--cmd', 'exit 1'],
    flag: ['--cmd', 'exit 0'],
    stdin: '1\n',
    without: closed,
    with: open,
  },
  '--http': {
    args: giveUp,
    instead: ['--cmd', 'exit 1'],
    flag: ['--http', 'http://127.0.0.1:1/ok'],
    run: async (t, args) => {
      const server = createServer((_, response) => response.end())
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      t.teardown(() => server.close())
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      return streamz(
        t,
        args.map(word => word.replace(':1/', `:${port}/`)),
        { stdin: '1\n' },
      )
    },
    without: closed,
    with: open,
  },
  '--breaker': {
    args: giveUp,
    instead: ['--breaker', 'none.json'],
    flag: ['--breaker', 'api.json'],
    run: async (t, args) => {
      const cwd = makeFolder(t)
      const now = Date.now()
      const breaker = initial(createBreakerOptions({ name: 'api' }), now)
      force(breaker, now, 'open', now + 600_000, 'test')
      writeFileSync(join(cwd, 'api.json'), save(breaker, { host: 'h', pid: 1, started: now, version: '1' }, now))
      return streamz(t, args, { stdin: '1\n', cwd })
    },
    without: open,
    with: closed,
  },
  '--interval': {
    args: ['--cmd', secondTime, '--rise', '1', '--max-wait', '2s'],
    instead: ['--interval', '1h'],
    flag: soon,
    stdin: '1\n',
    without: closed,
    with: open,
  },
  '--timeout': {
    args: ['--cmd', 'exec sleep 5', '--on-unhealthy', 'fail', '--fall', '1', '--max-wait', '1s'],
    flag: ['--timeout', '50ms'],
    stdin: '1\n',
    look: ({ stderr }) => ({ why: /does not end within \w+|not healthy within/.exec(stderr)?.[0] }),
    without: { why: 'not healthy within' },
    with: { why: 'does not end within 50ms' },
  },
  '--rise': {
    args: ['--cmd', secondTime, '--interval', '10ms', '--max-wait', '1s'],
    instead: ['--rise', '1000000'],
    flag: ['--rise', '1'],
    stdin: '1\n',
    without: closed,
    with: open,
  },
  '--fall': {
    args: ['--cmd', onlyOnce, '--on-unhealthy', 'fail', '--interval', '10ms', '--deadline', '1s', '-'],
    instead: ['--fall', '1000000'],
    flag: ['--fall', '1'],
    run: (t, args) => shell(t, `sleep 6 | streamz ${args.map(word => `'${word}'`).join(' ')}`),
    look: ({ stderr }) => ({ why: /Unhealthy|deadline/.exec(stderr)?.[0] }),
    without: { why: 'deadline' },
    with: { why: 'Unhealthy' },
  },
  '--on-unhealthy': {
    args: ['--file', 'missing', ...giveUp],
    flag: ['--on-unhealthy', 'reject'],
    stdin: '1\n',
    look: lookAtKinds,
    without: { ...closed, kinds: [] },
    with: { out: '', exit: 1, kinds: ['gate_closed'] },
  },
  '--max-wait': {
    args: ['--file', 'missing', '--interval', '1h', '--deadline', '1s'],
    flag: ['--max-wait', '100ms'],
    stdin: '1\n',
    without: { out: '', exit: 124 },
    with: closed,
  },
  ...serverFlags(['--breaker']),
})
