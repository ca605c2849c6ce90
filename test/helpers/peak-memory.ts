import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'

/** How a record is brought through a command: the last line is measured, with the record on its standard input. */
export type Way = {
  readonly name: string
  /** Lines of sh; `streamz` is the program, `$API` a service that sends back what it is sent. */
  readonly lines: readonly string[]
  /** Whether its values stand in a thread of JavaScript. */
  readonly isScript: boolean
}

/** Megabytes at most; for scripts so many beyond what parsing the record takes. */
export const most = { megabytes: 400, beyondParsing: 250 } as const

const bury = 'streamz map --timeout 0 --dlq dead.ndjson -- false'

/** Each command and mode. Results may be longer than the record: their stage lets them pass. */
export const ways: readonly Way[] = [
  ...[
    'take 1',
    'skip 0',
    'throttle --rate 10/s',
    'throttle --rate 10/s --key .id',
    "throttle --rate '10/s of .id'",
    'batch --size 2',
    'unbatch',
    'gate --cmd true',
    'gate --http $API/small',
    'dlq --to dead.ndjson',
    ...[
      '-- cat',
      '--multi -- cat',
      '--keep -- cat',
      '--into .answer -- cat',
      '--raw -- cat',
      '-R -- cat',
      '--pass -- cat',
      '--batch -- cat',
      '--inline -- cat',
      "--inline --shell -- 'cat; exit 1'",
      "--dlq dead.ndjson --shell -- 'cat; exit 1'",
      "--retries 1 --backoff 1ms..1ms --shell -- 'cat; exit 75'",
      '--worker -- cat',
      '--worker --keep -- cat',
      '--http $API',
      '--http $API --keep',
      '--http $API --multi',
      '--http $API --raw',
      '--http $API --batch',
      '--http $API/small',
      '--http $API/refuse --dlq dead.ndjson',
    ].map(mode => `map -j 1 --timeout 0 --max-line 64MiB ${mode}`),
    'breaker --timeout 0 -- cat',
    "breaker --timeout 0 --shell --state state.json -- 'cat; exit 1'",
    'breaker --timeout 0 --worker -- cat',
    'breaker --timeout 0 --http $API',
  ].map(line => describeWay(line, false)),
  ...[
    "map -j 1 --timeout 0 --js 'r => r'",
    "map -j 1 --timeout 0 --record-deadline 1h --js 'r => r'",
    "map -j 1 --timeout 0 --js 'r => Array.isArray(r) ? r.concat(1) : { ...r, more: 1 }'",
    "map -j 1 --timeout 0 --js 'r => 1'",
    "map -j 1 --timeout 0 --multi --js 'r => r'",
    "map -j 1 --timeout 0 --batch --js 'r => r'",
    "map -j 1 --timeout 0 --keep --max-line 64MiB --js 'r => r'",
    "map -j 1 --timeout 0 --into .answer --max-line 64MiB --js 'r => r'",
    "map -j 1 --timeout 0 -R --js 'r => r.length'",
    "map -j 1 --timeout 0 --dlq dead.ndjson --js 'r => { throw r }'",
    "breaker -j 1 --timeout 0 --js 'r => r'",
  ].map(line => describeWay(line, true)),
  ...[
    'dlq ls dead.ndjson',
    'dlq stats dead.ndjson',
    'dlq show dead.ndjson --kind exit',
    'dlq show dead.ndjson --kind exit --json',
    'dlq compact dead.ndjson',
    'dlq purge --older-than 1ms dead.ndjson',
    'dlq unpark dead.ndjson --kind exit',
    'dlq replay dead.ndjson',
    'dlq replay dead.ndjson --timeout 0 -- cat',
    "dlq replay dead.ndjson --timeout 0 --shell -- 'cat; exit 1'",
    'dlq replay dead.ndjson --timeout 0 --worker -- cat',
    'dlq replay dead.ndjson --timeout 0 --http $API',
  ].map(line => describeWay(line, false, [bury])),
  describeWay("dlq replay dead.ndjson -j 1 --timeout 0 --js 'r => r'", true, [bury]),
]

function describeWay(line: string, isScript: boolean, before: readonly string[] = []): Way {
  return { name: line, lines: [...before, `streamz ${line}`], isScript }
}

const length = 16 * 2 ** 20 - 200

const fill = (element: string): string => `[${`${element},`.repeat(length / (element.length + 1) - 2)}1]`

/** Records of nearly 16 MiB. */
export const shapes: Readonly<Record<string, () => string>> = {
  text: () => JSON.stringify({ id: 1, text: 'x'.repeat(length) }),
  quotes: () => JSON.stringify({ id: 1, text: '"'.repeat(length / 2 - 20) }),
  numbers: () => fill('1'),
  objects: () => fill('{"a":1}'),
  deep: () => fill(`${'{"a":'.repeat(60)}[1,"bc",null]${'}'.repeat(60)}`),
  members: () => `{"id":1${Array.from({ length: 950_000 }, (_, index) => `,"k${index}":${index}`).join('')}}`,
}

/** Writes a record into the folder, for `measurePeak`. */
export const writeRecord = (folder: string, shape: string): void =>
  writeFileSync(join(folder, 'record.ndjson'), `${shapes[shape]?.()}\n`)

export type Peak = { readonly megabytes: number; readonly exitCode: number | null; readonly stderr: string }

const quote = (path: string) => `'${path}'`

// From a shell's own child: a process begins with the peak of the one that it was forked from.
const hooked = `${quote(process.execPath)} -r ${quote(resolve('bench/peak-memory.cjs'))}`

/** The peak of resident memory of the last line, with the record of the folder. */
export const measurePeak = async (folder: string, lines: readonly string[], api = ''): Promise<Peak> => {
  const define = `streamz() { ${hooked} ${quote(resolve('dist/streamz.cjs'))} "$@" <record.ndjson >/dev/null 3>peak; }`
  const child = spawn('/bin/sh', ['-c', [define, ...lines, 'exit $?'].join('\n')], {
    cwd: folder,
    env: { ...process.env, API: api },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', chunk => {
    if (stderr.length < 2000) stderr += chunk
  })
  const [exitCode] = (await once(child, 'close')) as [number | null]
  for (const file of ['dead.ndjson', 'dead.ndjson.done', 'state.json']) rmSync(join(folder, file), { force: true })
  return { megabytes: Number(readFileSync(join(folder, 'peak'), 'utf8')) / 1e6, exitCode, stderr }
}

/** The peak of a process that parses the record of the folder and does nothing else. */
export const measureParsing = async (folder: string): Promise<number> => {
  const script = 'globalThis.kept = JSON.parse(require("node:fs").readFileSync("record.ndjson", "utf8"))'
  return (await measurePeak(folder, [`${hooked} -e '${script}' 3>peak`])).megabytes
}

/** Sends back what it is sent, says little at `/small` and refuses at `/refuse`. */
export const serveEcho = async (): Promise<{ readonly origin: string; close(): void }> => {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    if (request.url === '/') return request.pipe(response)
    request.resume().on('end', () => response.writeHead(request.url === '/refuse' ? 400 : 200).end('{"ok":true}'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
