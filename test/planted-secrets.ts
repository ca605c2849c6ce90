import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { streamz } from './helpers/cli.js'
import { json, serve } from './helpers/http-server.js'
import { makeFolder } from './helpers/temporary-folder.js'

const record = 'record-s3cret'
const stdin = `{"id":1,"card":"${record}"}\n{"id":2,"card":"${record}"}\n`

/** What was planted somewhere else than in records. */
const planted = /(?:argument|script|header|body|user|query|text)-s3cret/

type Case = {
  readonly args: readonly string[]
  readonly exit: number
  /** Files that a run must have written, or the test would look at nothing. */
  readonly writes: readonly string[]
}

const kept = ['--dlq', 'failed.ndjson', '--summary', 'summary.json', '--stage', 'nightly']
const command = ['--', 'sh', '-c', 'echo $1 | grep -q argument && exit 7', 'sh', 'argument-s3cret']
const good = ['--', 'sh', '-c', 'cat # script-s3cret', 'argument-s3cret']

const http = (origin: string): readonly string[] => [
  '--http',
  `${origin.replace('//', '//ann:user-s3cret@')}/x?token=query-s3cret`,
  ...['-H', 'Authorization: Bearer header-s3cret', '-d', '{"text":"body-s3cret"}'],
]

const cases = (origin: string): Readonly<Record<string, Case>> => ({
  'a journal of commands that fail': {
    args: ['map', '-j', '1', '--journal', 'done.journal', ...kept, ...command],
    exit: 1,
    writes: ['done.journal', 'failed.ndjson', 'summary.json'],
  },
  'a journal of commands and their results': {
    args: ['map', '-j', '1', '--journal', 'done.journal', '--summary', 'summary.json', ...good],
    exit: 0,
    writes: ['done.journal', 'done.journal.results'],
  },
  'a journal of requests': {
    args: ['map', '-j', '1', '--journal', 'done.journal', ...kept, ...http(origin)],
    exit: 0,
    writes: ['done.journal', 'done.journal.results', 'summary.json'],
  },
  'a journal of requests that nobody answers': {
    args: ['map', '-j', '1', '--retries', '0', '--journal', 'done.journal', ...kept, ...http('http://127.0.0.1:9')],
    exit: 1,
    writes: ['done.journal', 'failed.ndjson'],
  },
  'rates that are shared': {
    args: ['map', '-j', '1', '--rate', '100/s', '--rate-state', 'quota.json', ...http(origin)],
    exit: 0,
    writes: ['quota.json'],
  },
  'a shared limit of a throttle, by a key': {
    args: ['throttle', '--rate', '100/s', '--key', '.id', '--state', 'quota.json', '--stage', 'nightly'],
    exit: 0,
    writes: ['quota.json'],
  },
  'a breaker that opens, with its events and a command for its changes': {
    args: [
      ...['breaker', '--state', 'api.json', '-j', '1', '--consecutive', '1', '--on-open', 'reject', ...kept],
      ...['--events', 'events.ndjson', '--on-change', 'cat >>changes # text-s3cret', ...command],
    ],
    exit: 1,
    writes: ['api.json', 'api.json.log', 'events.ndjson', 'failed.ndjson'],
  },
  'a breaker around requests': {
    args: [
      ...['breaker', '--state', 'api.json', '-j', '1', '--consecutive', '1', '--on-open', 'fail', '--retries', '0'],
      ...['--events', 'events.ndjson', ...kept, ...http('http://127.0.0.1:9')],
    ],
    exit: 75,
    writes: ['api.json', 'api.json.log', 'events.ndjson', 'summary.json'],
  },
  'a gate that stays closed': {
    args: [
      'gate',
      '--cmd',
      'echo token=text-s3cret >&2; exit 3 # script-s3cret',
      '--max-wait',
      '300ms',
      '--interval',
      '50ms',
    ],
    exit: 75,
    writes: [],
  },
})

// Records are in the files that keep them, and nowhere else.
const keepsRecords = (file: string) => file === 'failed.ndjson' || file.endsWith('.results')

test('nothing that was planted in arguments, scripts, headers, bodies and addresses is in files or on stderr', async t => {
  const { origin } = await serve(t, (_, response) => json(response, { ok: true }))
  await Promise.all(
    Object.entries(cases(origin)).map(async ([name, { args, exit, writes }]) => {
      const cwd = makeFolder(t)
      const run = await streamz(t, args, { cwd, stdin })
      t.is(run.exitCode, exit, `${name}: ${run.stderr}`)
      t.notRegex(run.stderr, planted, name)
      t.false(run.stderr.includes(record), `${name}: ${run.stderr}`)
      const files = readdirSync(cwd)
      for (const file of writes) t.true(files.includes(file), `${name} wrote no ${file}: ${files}`)
      for (const file of files) {
        const text = readFileSync(join(cwd, file), 'latin1')
        t.notRegex(text, planted, `${name}: ${file}`)
        if (!keepsRecords(file)) t.false(text.includes(record), `${name}: ${file}`)
      }
    }),
  )
})
