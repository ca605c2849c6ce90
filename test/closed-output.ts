import { closeSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { CommandModule } from '../src/cli/definition.js'
import { open, writeState } from './helpers/breaker-state.js'
import { shell, streamz } from './helpers/cli.js'
import { failure } from './helpers/dlq.js'
import { openPipe } from './helpers/pipe.js'
import { readRuns } from './helpers/runs.js'
import { makeFolder } from './helpers/temporary-folder.js'

const runs = await readRuns()
const all = [...runs.values()]
const printing = [
  ...all.flatMap(({ streams, prints = [] }) => [...streams, ...prints]),
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
const silent = all.flatMap(one => one.silent ?? [])

test('every verb of every command has a line', async t => {
  const lines = [...printing, ...silent]
  for (const name of runs.keys()) {
    const { define } = (await import(`../src/commands/${name}.js`)) as CommandModule
    for (const { words } of define().verbs ?? []) {
      t.true(
        lines.some(line => line.startsWith(`${words.name} `)),
        `test/helpers/runs/${name}.ts has no line for ${words.name}`,
      )
    }
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

for (const line of printing) test(onClosedOutput, line, { signal: 'SIGPIPE', exitCode: undefined })
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
