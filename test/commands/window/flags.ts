import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { define } from '../../../src/commands/window.js'
import { type Result, records, start } from '../../helpers/cli.js'
import { lookAtKinds, testOwnFlags } from '../../helpers/flags.js'

type Window = { readonly window: { readonly start: string; readonly end: string }; readonly n: number }

/** How many records each window holds. */
const counts = ({ stdout }: Result) => ({ counts: (records(stdout) as Window[]).map(({ n }) => n) })

/** The length of each window in milliseconds. */
const lengths = ({ stdout }: Result) => ({
  lengths: (records(stdout) as Window[]).map(({ window }) => Date.parse(window.end) - Date.parse(window.start)),
})

const atSeconds = (...seconds: readonly number[]) => seconds.map(t => `{"t":${1_700_000_040 + t}}\n`).join('')

/** Two records; the input stays open until a window has left, or is closed at once. */
const untilOut = async (t: ExecutionContext, args: readonly string[]): Promise<Result> => {
  const { child, finished } = start(t, args)
  child.stdin.write(atSeconds(0))
  if (args.includes('--idle')) await new Promise(seen => child.stdout.once('data', seen))
  child.stdin.end(atSeconds(0))
  return finished
}

testOwnFlags('window', define(), {
  '--size': {
    args: ['--ts', '.t'],
    flag: ['--size', '10s'],
    stdin: atSeconds(0, 15),
    look: counts,
    without: { counts: [2] },
    with: { counts: [1, 1] },
  },
  '--slide': {
    args: ['--ts', '.t', '--size', '20s'],
    flag: ['--slide', '10s'],
    stdin: atSeconds(0),
    look: counts,
    without: { counts: [1] },
    with: { counts: [1, 1] },
  },
  '--gap': {
    args: ['--ts', '.t'],
    flag: ['--gap', '5s'],
    stdin: atSeconds(0, 5),
    look: lengths,
    without: { lengths: [60_000] },
    with: { lengths: [10_000] },
  },
  '--count': {
    args: ['--ts', '.t'],
    flag: ['--count', '2'],
    stdin: atSeconds(0, 1, 2),
    look: counts,
    without: { counts: [3] },
    with: { counts: [2, 1] },
  },
  '--all': {
    args: ['--ts', '.t'],
    flag: ['--all'],
    stdin: atSeconds(0, 61),
    look: counts,
    without: { counts: [1, 1] },
    with: { counts: [2] },
  },
  '--ts': {
    flag: ['--ts', '.t'],
    stdin: atSeconds(0, 60),
    look: result => ({ isOld: String(result.stdout).includes('2023-11-14') }),
    without: { isOld: false },
    with: { isOld: true },
  },
  '--lateness': {
    args: ['--ts', '.t', '--size', '10s', '--late', 'drop'],
    flag: ['--lateness', '5s'],
    stdin: atSeconds(0, 12, 1),
    look: counts,
    without: { counts: [1, 1] },
    with: { counts: [2, 1] },
  },
  '--late': {
    args: ['--ts', '.t', '--size', '10s'],
    flag: ['--late', 'late.ndjson'],
    stdin: atSeconds(0, 12, 1),
    look(result) {
      const isKept = result.exitCode === 0 && readFileSync(join(result.cwd, 'late.ndjson'), 'utf8') === atSeconds(1)
      return { ...lookAtKinds(result), isKept }
    },
    without: { exit: 1, kinds: ['unmatched'], isKept: false },
    with: { exit: 0, kinds: [], isKept: true },
  },
  '--idle': {
    args: ['--ts', '.t', '--size', '1s', '--late', 'drop'],
    flag: ['--idle', '5ms'],
    run: untilOut,
    look: counts,
    without: { counts: [2] },
    with: { counts: [1] },
  },
  '--max-ahead': {
    args: ['--ts', '.t'],
    flag: ['--max-ahead', 'off'],
    stdin: '{"t":"9999-01-01T00:00:00Z"}\n',
    look: lookAtKinds,
    without: { exit: 1, kinds: ['field'] },
    with: { exit: 0, kinds: [] },
  },
  '--agg': {
    args: ['--ts', '.t'],
    flag: ['--agg', 'total=sum(.t)'],
    stdin: '{"t":60}\n{"t":61}\n',
    without: { out: '{"window":{"start":"1970-01-01T00:01:00.000Z","end":"1970-01-01T00:02:00.000Z"},"n":2}\n' },
    with: { out: '{"window":{"start":"1970-01-01T00:01:00.000Z","end":"1970-01-01T00:02:00.000Z"},"total":121}\n' },
  },
  '--key': {
    args: ['--ts', '.t'],
    flag: ['--key', '.t'],
    stdin: '{"t":60}\n{"t":61}\n{"t":6e1}\n',
    look: counts,
    without: { counts: [3] },
    with: { counts: [2, 1] },
  },
  '--missing': {
    args: ['--all', '--key', '.k'],
    flag: ['--missing', 'pass'],
    stdin: '{}\n',
    look: lookAtKinds,
    without: { out: '', exit: 1, kinds: ['field'] },
    with: { out: '{}\n', exit: 0, kinds: [] },
  },
  '--max-keys': {
    args: ['--all', '--key', '.'],
    flag: ['--max-keys', '1'],
    stdin: '1\n2\n1\n',
    look: result => ({ ...lookAtKinds(result), ...counts(result) }),
    without: { exit: 0, kinds: [], counts: [2, 1] },
    with: { exit: 1, kinds: ['unmatched'], counts: [2] },
  },
})
