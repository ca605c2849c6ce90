import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { type Result, shell, start } from './cli.js'
import { type FlagCase, type FlagCases, kindsIn, lookAtKinds } from './flags.js'

/** What has to be known about a command to try the common flags on it. */
export type Family = {
  readonly args: readonly string[]
  readonly command?: readonly string[]
  /** A record that passes, what leaves for it, and one that is too long for `--max-line 60`. */
  readonly good: string
  readonly out: string
  readonly long: string
  /** A record `{"k":"x",…}` among others that makes the command fail, and with which arguments. */
  readonly failing: { readonly args?: readonly string[]; readonly stdin: string; readonly kind: string }
  /** A string that leaves as a record. */
  readonly text: { readonly stdin: string }
  /** Cases that are different for this family; `undefined` has none of its own. */
  readonly cases: FlagCases
}

const upstream = '{"$streamz":"error/1","id":"1","record":1}\n'

/** A case for every common flag. */
export const commonCases = (family: Family): FlagCases => {
  const { args, failing } = family
  const command = family.command === undefined ? {} : { command: family.command }
  const plain = { args, ...command }
  const fails = { args: [...args, ...(failing.args ?? [])], stdin: failing.stdin, ...command }
  return {
    '--raw-output': {
      ...plain,
      flag: ['--raw-output'],
      stdin: family.text.stdin,
      without: { out: '"a \\"b\\""\n', exit: 0 },
      with: { out: 'a "b"\n', exit: 0 },
    },
    '--max-line': {
      ...plain,
      flag: ['--max-line', '60'],
      stdin: family.long,
      look: lookAtKinds,
      without: { exit: 0, kinds: [] },
      with: { out: '', exit: 1, kinds: ['too_long'] },
    },
    '--no-failures-in': {
      args: [...args, '--summary', 'summary.json'],
      ...command,
      flag: ['--no-failures-in'],
      stdin: upstream,
      look: lookAtCounts,
      without: { read: 0, upstream_failures: 1 },
      with: { read: 1, upstream_failures: 0 },
    },
    '--dlq': {
      ...fails,
      flag: ['--dlq', 'failed.ndjson'],
      look: result => ({ onStderr: kindsIn(result.stderr), kept: kindsIn(readOr(join(result.cwd, 'failed.ndjson'))) }),
      without: { exit: 1, onStderr: [failing.kind], kept: [] },
      with: { exit: 1, onStderr: [], kept: [failing.kind] },
    },
    '--dlq-max': {
      ...fails,
      args: [...(fails.args ?? []), '--dlq', 'failed.ndjson'],
      flag: ['--dlq-max', '10'],
      look: result => ({ onStderr: kindsIn(result.stderr), kept: kindsIn(readOr(join(result.cwd, 'failed.ndjson'))) }),
      without: { exit: 1, onStderr: [], kept: [failing.kind] },
      with: { exit: 74, onStderr: [failing.kind], kept: [] },
    },
    '--inline': {
      ...fails,
      flag: ['--inline'],
      look: result => ({ onStderr: kindsIn(result.stderr), onStdout: kindsIn(String(result.stdout)) }),
      without: { exit: 1, onStderr: [failing.kind], onStdout: [] },
      with: { exit: 0, onStderr: [], onStdout: [failing.kind] },
    },
    '--failures': {
      ...fails,
      flag: ['--failures', 'brief'],
      look: ({ stderr }) => ({ whole: kindsIn(stderr).length, brief: /^line \d+: (\w+)$/m.exec(stderr)?.[1] }),
      without: { exit: 1, whole: 1, brief: undefined },
      with: { exit: 1, whole: 0, brief: failing.kind },
    },
    '--tolerate': { ...fails, flag: ['--tolerate', '1'], without: { exit: 1 }, with: { exit: 0 } },
    '--max-fail': { ...fails, flag: ['--max-fail', '0'], without: { exit: 1 }, with: { exit: 65 } },
    '--id': {
      ...fails,
      flag: ['--id', '.k'],
      look: result => ({ id: /"id":"(.*?)"/.exec(failuresOf(result))?.[1]?.replace(/^[0-9a-f]{32}$/, 'a hash') }),
      without: { exit: 1, id: 'a hash' },
      with: { exit: 1, id: 'x' },
    },
    '--stage': {
      ...fails,
      flag: ['--stage', 'here'],
      look: result => ({ stage: /"name":(.*?),/.exec(failuresOf(result))?.[1] }),
      without: { exit: 1, stage: 'null' },
      with: { exit: 1, stage: '"here"' },
    },
    '--drain': sleepingReader(family),
    '--deadline': {
      ...plain,
      flag: ['--deadline', '50ms'],
      run: openInput,
      without: { exit: 0 },
      with: { exit: 124 },
    },
    '--summary': {
      ...plain,
      flag: ['--summary', 'summary.json'],
      stdin: family.good,
      look: lookAtCounts,
      without: { out: family.out, exit: 0, read: undefined },
      with: { out: family.out, exit: 0, read: 1, delivered: 1 },
    },
    '--progress': {
      ...plain,
      flag: ['--progress'],
      stdin: family.good,
      look: lookAtProgress,
      without: { out: family.out, drawn: false },
      with: { out: family.out, drawn: true },
    },
    '--no-progress': {
      ...plain,
      args: [...args, '--progress'],
      flag: ['--no-progress'],
      stdin: family.good,
      look: lookAtProgress,
      without: { out: family.out, drawn: true },
      with: { out: family.out, drawn: false },
    },
    '--color': {
      ...fails,
      args: [...fails.args, '--max-fail', '0'],
      flag: ['--color', 'always'],
      look: ({ stderr }) => ({ red: stderr.includes('\u001b[31m') }),
      without: { exit: 65, red: false },
      with: { exit: 65, red: true },
    },
    '--quiet': {
      ...fails,
      flag: ['--quiet'],
      look: result => ({ said: result.stderr.includes('records failed'), kinds: kindsIn(failuresOf(result)) }),
      without: { exit: 1, said: true, kinds: [failing.kind] },
      with: { exit: 1, said: false, kinds: [failing.kind] },
    },
    ...family.cases,
  }
}

/** An input that stays open until the deadline, if there is one. */
const openInput = (t: ExecutionContext, words: readonly string[]): Promise<Result> => {
  const { child, finished } = start(t, words)
  if (!words.includes('--deadline')) child.stdin.end()
  return finished
}

/** A reader that never takes anything: its pipe is full from the start. */
const sleepingReader = ({ args, good, command }: Family): FlagCase => ({
  args: [...args, '--deadline', '1s'],
  instead: ['--drain', '1h'],
  flag: ['--drain', '50ms'],
  ...(command && { command }),
  run: (t, words) =>
    shell(
      t,
      [
        'mkfifo pipe; exec 3<>pipe',
        'dd if=/dev/zero of=pipe bs=4096 count=1024 oflag=nonblock status=none 2>errors',
        `yes '${good.trim()}' | timeout -s KILL 12 ${quote(words)} >pipe`,
      ].join('\n'),
    ),
  look: ({ stderr }) => ({ told: /undelivered=\d+ from line \d+\n$/.test(stderr) }),
  without: { exit: 137, told: false },
  with: { exit: 124, told: true },
})

const lookAtCounts = ({ cwd }: Result) => {
  const { read, delivered, upstream_failures } = JSON.parse(readOr(join(cwd, 'summary.json')) || '{}')
  return { read, delivered, upstream_failures }
}

const lookAtProgress = ({ stderr }: Result) => ({ drawn: stderr.startsWith('\r\u001b[K') })

const failuresOf = ({ stderr, cwd }: Result) => readOr(join(cwd, 'failed.ndjson')) || stderr

const readOr = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '')

const quote = (words: readonly string[]) =>
  ['streamz', ...words.map(word => `'${word.replaceAll("'", "'\\''")}'`)].join(' ')
