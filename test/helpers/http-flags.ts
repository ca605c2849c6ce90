import type { ExecutionContext } from 'ava'
import { certificate, pair } from './certificates.js'
import { streamz } from './cli.js'
import { type FlagCase, type FlagCases, lookAtKinds } from './flags.js'
import { type Behaviour, json, serve } from './http-server.js'

const dry = ['--dry-run', '--http', 'http://h/{.}']
const nothing = ['--deadline', '1h']
const read = (output: string) => JSON.parse(output || '{}') as Record<string, unknown>
const look: FlagCase['look'] = ({ stdout }) => {
  const {
    method,
    body,
    headers = {},
  } = read(String(stdout)) as { headers?: Record<string, string> } & ReturnType<typeof read>
  return { method, body, team: headers['X-Team'], key: headers['idempotency-key'] }
}

/** Runs it with a server that behaves so in the place of the word SERVER. */
const withServer =
  (behave: Behaviour, tls?: Parameters<typeof serve>[2]) => async (t: ExecutionContext, args: readonly string[]) => {
    const server = await serve(t, behave, tls)
    return streamz(
      t,
      args.map(word => word.replace('SERVER', server.origin)),
      { stdin: '1\n' },
    )
  }
const answer: Behaviour = ({ url, time }, response) => {
  if (url === '/moved') return json(response, 0, 307, { location: '/' })
  if (url === '/flaky') return json(response, 0, time === 1 ? 503 : 200)
  if (url === '/hang') return
  json(response, url)
}
const failed = (kind: string) => ({ out: '', exit: 1, kinds: [kind] })
const good = (out: string) => ({ out, exit: 0, kinds: [] })

/** What the flags of `map --http` do. */
export const httpFlagCases: FlagCases = {
  '--http': {
    args: ['--dry-run'],
    flag: ['--http', 'http://h'],
    stdin: '1\n',
    look,
    without: { exit: 2 },
    with: { exit: 0, method: 'POST' },
  },
  '--method': {
    args: dry,
    flag: ['--method', 'put'],
    stdin: '1\n',
    look,
    without: { method: 'POST' },
    with: { method: 'PUT' },
  },
  '--header': {
    args: dry,
    flag: ['--header', 'X-Team: a'],
    stdin: '1\n',
    look,
    without: { team: undefined },
    with: { team: 'a' },
  },
  '--body': { args: dry, flag: ['--body', '[{.}]'], stdin: '1\n', look, without: { body: '1' }, with: { body: '[1]' } },
  '--idempotency-key': {
    args: [...dry, '--id', '.'],
    flag: ['--idempotency-key'],
    stdin: '7\n',
    look,
    without: { key: undefined },
    with: { key: '7' },
  },
  '--allow-host': {
    args: ['--dry-run', '--http', 'http://{.}/'],
    flag: ['--allow-host', 'a.example.com'],
    stdin: '"a.example.com"\n',
    look,
    without: { exit: 2 },
    with: { exit: 0, method: 'POST' },
  },
  '--follow': {
    args: ['--http', 'SERVER/moved'],
    flag: ['--follow', '1'],
    run: withServer(answer),
    look: lookAtKinds,
    without: failed('http_status'),
    with: good('"/"\n'),
  },
  '--no-retry-on': {
    args: ['--http', 'SERVER/flaky', '--retries', '1', '--backoff', '1ms..1ms'],
    instead: nothing,
    flag: ['--no-retry-on', 'status:503'],
    run: withServer(answer),
    look: lookAtKinds,
    without: good('0\n'),
    with: failed('http_status'),
  },
  '--cacert': {
    args: ['--http', 'SERVER/'],
    flag: ['--cacert', certificate('ca.pem')],
    run: withServer(answer, pair('good')),
    look: lookAtKinds,
    without: failed('network'),
    with: good('"/"\n'),
  },
  '--insecure': {
    args: ['--http', 'SERVER/'],
    flag: ['--insecure'],
    run: withServer(answer, pair('self-signed')),
    look: lookAtKinds,
    without: failed('network'),
    with: good('"/"\n'),
  },
  '--cert': {
    args: ['--http', 'http://h/', '--dry-run'],
    flag: ['--cert', 'no-such.pem'],
    stdin: '1\n',
    without: { exit: 0 },
    with: { exit: 2 },
  },
  '--key': {
    args: ['--http', 'http://h/', '--dry-run', '--cert', certificate('client.pem')],
    flag: ['--key', 'no-such.key'],
    stdin: '1\n',
    without: { exit: 0 },
    with: { exit: 2 },
  },
  '--proxy': {
    args: ['--http', 'http://no-such-host.invalid/x'],
    flag: ['--proxy', 'SERVER'],
    run: withServer(answer),
    look: lookAtKinds,
    without: failed('network'),
    with: good('"http://no-such-host.invalid/x"\n'),
  },
  '--connect-timeout': {
    args: ['--http', 'http://h/', '--dry-run'],
    flag: ['--connect-timeout', 'soon'],
    stdin: '1\n',
    without: { exit: 0 },
    with: { exit: 2 },
  },
  '--retry-budget': {
    args: ['--http', 'http://h/', '--dry-run'],
    flag: ['--retry-budget', '20'],
    stdin: '1\n',
    without: { exit: 0 },
    with: { exit: 2 },
  },
}
