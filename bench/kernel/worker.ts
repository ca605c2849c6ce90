// CPU seconds, ours and those of the workers, of `streamz map --worker -- cat` against a bare loop that does the same and
// checks nothing, and against `parallel --pipe`: whole programs in turns, because machines are noisy.
// Usage: node build/bench/kernel/worker.js [RECORDS] [ROUNDS] [NAME OF A GROUP] (after a build; needs bash)
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const records = Number(process.argv[2] ?? 600_000)
const rounds = Number(process.argv[3] ?? 7)
const only = process.argv[4]
const node = `'${process.execPath}'`
const streamz = `${node} dist/streamz.cjs map --worker`
const bare = `${node} '${fileURLToPath(new URL('../bare/worker.js', import.meta.url))}'`

/** At least so much of the speed of the rival, CPU for CPU. */
type Group = { readonly name: string; readonly ours: string; readonly rival: string; readonly target: number }

const groups: readonly Group[] = [
  { name: 'j4', ours: `${streamz} -j 4 -- cat`, rival: `${bare} 4 1 1`, target: 0.8 },
  { name: 'j1', ours: `${streamz} -j 1 -- cat`, rival: `${bare} 1 1 1`, target: 0.65 },
  { name: 'p64', ours: `${streamz} -j 1 --pipeline 64 -- cat`, rival: `${bare} 1 64`, target: 0.9 },
  {
    name: 'p512',
    ours: `${streamz} -j 1 --pipeline 512 -- cat`,
    rival: 'parallel --pipe -j1 -k cat',
    target: 1.2,
  },
  {
    name: 'correlate',
    ours: `${streamz} -j 1 --pipeline 512 --correlate .id -- cat`,
    rival: 'parallel --pipe -j1 -k cat',
    target: 1.5,
  },
]

const folder = mkdtempSync(join(tmpdir(), 'streamz-bench-'))
const file = join(folder, 'records.ndjson')
writeFileSync(
  file,
  Array.from(
    { length: records },
    (_, index) =>
      `{"id":${index},"user":"u${index % 1000}","amount":${(index * 1.37).toFixed(2)},"note":"some words to make it about 118 bytes long","tags":["a","b"]}\n`,
  ).join(''),
)

/** CPU and wall seconds of a command line with all its children. */
const measure = (command: string): { cpu: number; wall: number } => {
  const script = `TIMEFORMAT='%U %S %R'; time ${command} < '${file}' > /dev/null`
  const { stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' })
  const [user = 0, system = 0, wall = 0] = stderr.trim().split('\n').at(-1)?.split(' ').map(Number) ?? []
  return { cpu: user + system, wall }
}

/** The output of a worker that is `cat` is the input. */
const check = (command: string) =>
  execFileSync('bash', [
    '-c',
    `set -o pipefail; head -n 10000 '${file}' | ${command} | cmp - <(head -n 10000 '${file}')`,
  ])

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

try {
  for (const { name, ours, rival, target } of groups) {
    if (only !== undefined && only !== name) continue
    if (spawnSync('bash', ['-c', `command -v ${rival.split(' ')[0]}`]).status !== 0) {
      console.log(`${name}: ${rival.split(' ')[0]} is not installed`)
      continue
    }
    for (const command of [ours, rival]) check(command)
    const pairs = Array.from({ length: rounds }, (_, round) => {
      const first = measure(round % 2 === 0 ? ours : rival)
      const second = measure(round % 2 === 0 ? rival : ours)
      return round % 2 === 0 ? { our: first, their: second } : { our: second, their: first }
    })
    const cpu = median(pairs.map(({ our, their }) => their.cpu / our.cpu))
    const wall = median(pairs.map(({ our, their }) => their.wall / our.wall))
    const seconds = (side: 'our' | 'their') => median(pairs.map(pair => pair[side].cpu)).toFixed(2)
    console.log(
      `${name}: ${seconds('our')} s of CPU, rival ${seconds('their')} s; ${cpu.toFixed(2)} of its speed by CPU, ${wall.toFixed(2)} by the clock; target: ${target} (${records} records, ${rounds} rounds)`,
    )
  }
} finally {
  rmSync(folder, { recursive: true })
}
