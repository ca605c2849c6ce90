// A secret in each of 40 places times 12 ways to fail: it is in no output, file or process list.
// node build/bench/soak/secrets.js [--quick]; exit 1 when one was told.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { certificate } from '../../test/helpers/certificates.js'
import {
  failings,
  findLeaks,
  type Place,
  places,
  prepare,
  readProcessList,
  startFailing,
} from '../../test/helpers/secrets.js'

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
const secret = 'pl4nted"s3cret'
const encoded = encodeURIComponent(secret)

type Make = (target: { readonly origin: string; readonly secret: string }) => Place

/** The same place with its value from the environment and from a file. */
const bothWays = (
  name: string,
  args: (origin: string, from: string) => readonly string[],
  value: (origin: string) => string,
) => {
  const env: Make = ({ origin }) => ({ args: args(origin, 'env:KEY'), env: { KEY: value(origin) } })
  const file: Make = ({ origin }) => ({ args: args(origin, '@key'), files: { key: value(origin) } })
  return [
    [`${name} env:`, env],
    [`${name} @file`, file],
  ] as const
}

const headers = ['X-Api-Key', 'Cookie', 'X-Signature', 'X-Anything'].flatMap(name =>
  bothWays(
    `header ${name}`,
    (origin, from) => ['--http', origin, '-H', `${name}: ${from}`],
    () => encoded,
  ),
)
const schemes = ['Token', 'Bearer'].flatMap(scheme =>
  bothWays(
    `header ${scheme}`,
    (origin, from) => ['--http', origin, '-H', `Authorization: ${scheme} ${from}`],
    () => secret,
  ),
)
const bodies = [
  ['list', `["a",${JSON.stringify(secret)},{.n}]`, 'application/json'],
  ['deep', `{"a":{"b":[{"c":${JSON.stringify(secret)}}]}}`, 'application/json'],
  ['text', `one\n${secret}\nthree`, 'text/plain'],
].flatMap(([name, body, type]) =>
  bothWays(
    `body ${name}`,
    (origin, from) => ['--http', origin, '-H', `content-type: ${type}`, '-d', from],
    () => body ?? '',
  ),
)
const urls = [
  ['password', (origin: string) => origin.replace('//', `//${encoded}:x@`)],
  ['segment', (origin: string) => `${origin}/${encoded}`],
  ['parameter', (origin: string) => `${origin}/?a=b&c=${encoded}`],
].flatMap(([name, make]) => bothWays(`URL ${name}`, (_, from) => ['--http', from], make as (origin: string) => string))
const proxies = bothWays(
  'proxy',
  (_, from) => ['--http', 'http://api.example.com/', '--proxy', from],
  origin => origin.replace('//', `//${encoded}:x@`),
)
const small: Make = ({ origin }) => ({
  args: ['--http', 'http://api.example.com/'],
  env: { http_proxy: origin.replace('//', `//ann:${encoded}@`) },
})
const pair: Make = ({ origin }) => ({
  args: ['--http', origin, '--cert', 'both.pem'],
  files: {
    'both.pem': `${secret}\n${readFileSync(certificate('client.pem'))}${readFileSync(certificate('client.key'))}`,
  },
})
const all: (readonly [string, Make])[] = [
  ...Object.entries(places),
  ...headers,
  ...schemes,
  ...bodies,
  ...urls,
  ...proxies,
  ['http_proxy', small],
  ['a pair in one file', pair],
]

const { FORCE_COLOR: _, ...inherited } = process.env
let runs = 0
const told: string[] = []
for (const [how, failing] of Object.entries(failings)) {
  const { origin, server } = await startFailing(how)
  for (const [where, make] of values.quick ? all.slice(-10) : all) {
    const place = make({ origin, secret })
    const cwd = mkdtempSync(join(tmpdir(), 'streamz-secrets-'))
    const args = [resolve('dist/streamz.cjs'), ...prepare(cwd, place, failing)]
    const child = spawn(process.execPath, args, { cwd, env: { ...inherited, ...place.env }, stdio: 'pipe' })
    child.stdin.end('{"n":1}\n')
    const list = readProcessList()
    const ended = new Promise<number | null>(done => child.on('close', done))
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
    if ((await ended) === 0) told.push(`${how}, ${where}: did not fail`)
    for (const leak of findLeaks(secret, cwd, place, { stdout, stderr, list })) told.push(`${how}, ${where}: ${leak}`)
    rmSync(cwd, { recursive: true, force: true })
    runs++
  }
  server.close()
}
process.stdout.write(`${JSON.stringify({ places: all.length, failings: Object.keys(failings).length, runs, told })}\n`)
process.exitCode = told.length === 0 ? 0 : 1
