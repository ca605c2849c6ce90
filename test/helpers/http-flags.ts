import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { authority, certificate, pair } from './certificates.js'
import { streamz } from './cli.js'
import { type FlagCase, type FlagCases, lookAtKinds } from './flags.js'
import { type Behaviour, json, serve } from './http-server.js'
import { serveMute } from './mute-server.js'
import { makeFolder } from './temporary-folder.js'

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
  (behave: Behaviour, tls?: Parameters<typeof serve>[2], stdin = '1\n') =>
  async (t: ExecutionContext, args: readonly string[], cwd = makeFolder(t)) => {
    const { origin } = await serve(t, behave, tls)
    return streamz(
      t,
      args.map(word => word.replace('SERVER', origin)),
      { stdin, cwd },
    )
  }
const answer: Behaviour = ({ url, time }, response) => {
  if (url === '/moved') return json(response, 0, 307, { location: '/' })
  if (url === '/flaky') return json(response, 0, time === 1 ? 503 : 200)
  if (url === '/hang') return
  json(response, url)
}

/** With a server that wants a certificate, and ours in a file of the folder. */
const withCertificate: FlagCase['run'] = (t, args) => {
  const cwd = makeFolder(t)
  writeFileSync(join(cwd, 'both.pem'), Buffer.concat(Object.values(pair('client'))))
  return withServer(answer, { ...pair('good'), ca: authority })(t, args, cwd)
}

/** With a server that takes connections and never says a word. */
const withMuteServer: FlagCase['run'] = async (t, args) => {
  const origin = await serveMute(t)
  return streamz(
    t,
    args.map(word => word.replace('SERVER', origin)),
    { stdin: '1\n' },
  )
}

const answerThreeRetries = (): Behaviour => {
  const held = new Set<() => void>()
  return ({ url, time }, response) => {
    if (time === 1) return json(response, 0, 503)
    const answerOne = () => json(response, url)
    held.add(answerOne)
    response.once('close', () => held.delete(answerOne))
    if (held.size === 3) for (const one of held) one()
  }
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
    args: ['--http', 'SERVER/', '--cacert', certificate('ca.pem')],
    flag: ['--cert', 'both.pem'],
    run: withCertificate,
    look: lookAtKinds,
    without: failed('network'),
    with: good('"/"\n'),
  },
  '--key': {
    args: ['--http', 'SERVER/', '--cacert', certificate('ca.pem'), '--cert', certificate('client.pem')],
    flag: ['--key', certificate('client.key')],
    run: withCertificate,
    without: { out: '', exit: 2 },
    with: { out: '"/"\n', exit: 0 },
  },
  '--proxy': {
    args: ['--http', 'http://no-such-host.invalid/x'],
    flag: ['--proxy', 'SERVER'],
    run: withServer(answer),
    look: lookAtKinds,
    without: failed('network'),
    with: good('"http://no-such-host.invalid/x"\n'),
  },
  // Where nobody speaks TLS, no connection for it ever stands.
  '--literal-env': {
    args: [...dry, '-H', 'X-Team: in env:TEAM of'],
    flag: ['--literal-env'],
    run: (t, args) => streamz(t, args, { stdin: '1\n' }),
    look,
    without: { exit: 2 },
    with: { exit: 0, team: 'in env:TEAM of' },
  },
  '--connect-timeout': {
    args: ['--http', 'SERVER', '--timeout', '1s'],
    flag: ['--connect-timeout', '100ms'],
    run: withMuteServer,
    look: ({ stderr }) => ({ message: /"message":"(.*?)[ \d.:]* within \d+m?s/.exec(stderr)?.[1] }),
    without: { exit: 1, message: 'No answer' },
    with: { exit: 1, message: 'No connection to' },
  },
  // A server that answers retries only when three are there at once; one that was ended may still be there with the next.
  '--retry-budget': {
    args: ['--http', 'SERVER/{.}', '--retries', '1', '--backoff', '1ms..1ms', '--timeout', '800ms'],
    flag: ['--retry-budget', '0%/1'],
    run: (t, args) => withServer(answerThreeRetries(), undefined, '1\n2\n3\n')(t, args),
    look: lookAtKinds,
    without: good('"/1"\n"/2"\n"/3"\n'),
    with: { out: '', exit: 1, kinds: ['timeout', 'timeout', 'timeout'] },
  },
}
