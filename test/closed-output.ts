import { closeSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { open, writeState } from './helpers/breaker-state.js'
import { shell, streamz } from './helpers/cli.js'
import { failure } from './helpers/dlq.js'
import { openPipe } from './helpers/pipe.js'
import { makeFolder } from './helpers/temporary-folder.js'

const runs = [
  'batch --size 1',
  'breaker --name api --no-state -- cat',
  'breaker status api.json',
  'breaker status api.json --json',
  'dlq --to new.ndjson',
  'dlq stats failed.ndjson',
  'dlq stats failed.ndjson --json',
  'dlq ls failed.ndjson',
  'dlq ls failed.ndjson --json',
  'dlq show failed.ndjson a',
  'dlq show failed.ndjson a --json',
  'dlq replay failed.ndjson -- cat',
  'dlq unpark failed.ndjson',
  'dlq compact failed.ndjson',
  'dlq purge --older-than 90d failed.ndjson',
  'gate --cmd true --rise 1',
  'map -- cat',
  'map --worker -- cat',
  'map --js record',
  'skip 0',
  'take 1',
  'throttle --rate 1000/s',
  'unbatch',
  'help',
  'help exit-codes',
  'help take',
  'help dlq stats',
  'take --help',
  'dlq stats -h',
  '--help',
  '--version',
  'completion bash',
  'completion zsh',
  'complete -- ta',
]

/** What does not look at standard output. */
const silent = [
  'breaker check closed.json',
  'breaker open api.json --quiet',
  'breaker close api.json --quiet',
  'breaker reset api.json --quiet',
]

const verbs = {
  breaker: ['status', 'check', 'open', 'close', 'reset'],
  dlq: ['stats', 'ls', 'show', 'replay', 'unpark', 'purge', 'compact'],
}

test('every command and every verb has its line here', t => {
  const first = new Set([...runs, ...silent].map(line => line.split(' ')[0]))
  const commands = readdirSync('src/commands').flatMap(name => (name.endsWith('.ts') ? [name.slice(0, -3)] : []))
  t.deepEqual(
    commands.filter(name => !first.has(name)),
    [],
  )
  for (const [command, words] of Object.entries(verbs)) {
    for (const word of words)
      t.true(
        [...runs, ...silent].some(line => line.startsWith(`${command} ${word} `)),
        word,
      )
  }
})

const prepare = (cwd: string) => {
  writeState(cwd, open)
  writeFileSync(join(cwd, 'failed.ndjson'), failure({ entry: 'a', record: '{"n":1}' }))
}

const onClosedOutput = test.macro({
  title: (_, line: string) => `${line} on an output whose reader has gone before the start`,
  async exec(t, line: string, wanted: { readonly signal: string | undefined; readonly exitCode: number | undefined }) {
    const cwd = makeFolder(t)
    prepare(cwd)
    const { write, closeReader } = openPipe()
    closeReader()
    try {
      const { signal, exitCode, stderr } = await streamz(t, line.split(' '), {
        cwd,
        stdin: '[1]\n',
        stdout: { fd: write },
      })
      t.deepEqual({ signal, exitCode, stderr }, { ...wanted, stderr: '' })
    } finally {
      closeSync(write)
    }
  },
})

for (const line of runs) test(onClosedOutput, line, { signal: 'SIGPIPE', exitCode: undefined })
for (const line of silent) test(onClosedOutput, line, { signal: undefined, exitCode: 0 })

for (const line of ['breaker status api.json', 'dlq ls failed.ndjson', 'help']) {
  test(`${line} says that a full disk took nothing`, async t => {
    const cwd = makeFolder(t)
    prepare(cwd)
    const { exitCode, stderr } = await shell(t, `streamz ${line} >/dev/full`, { cwd })
    t.is(exitCode, 74)
    t.regex(stderr, /Cannot write standard output: no space left on the device\n$/)
  })
}
