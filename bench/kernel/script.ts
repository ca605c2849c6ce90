// Seconds of `streamz map --js` on two threads against jq doing the same, and against a loop of JSON.parse and
// JSON.stringify in one thread and on two threads: whole processes, interleaved; jq writes each value anew and so do the scripts.
// Usage: node build/bench/kernel/script.js [RECORDS] [TURNS] (after a build; needs jq)
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const records = Number(process.argv[2] ?? 600_000)
const turns = Number(process.argv[3] ?? 5)
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

const loop = `const lines = require('fs').readFileSync(0, 'utf8').split('\\n'); lines.pop()
require('fs').writeSync(1, lines.map(line => { const r = JSON.parse(line); return JSON.stringify({ ...r, total: r.amount * 2 }) + '\\n' }).join(''))`
// The same on two threads that share nothing: each reads, works and writes its half of the file by itself.
const halves = `const { Worker, isMainThread, workerData } = require('worker_threads')
if (isMainThread) for (const half of [0, 1]) new Worker(process.argv[1], { eval: true, workerData: half, argv: [process.argv[1]] })
else {
  const bytes = require('fs').readFileSync(${JSON.stringify(file)})
  const middle = bytes.indexOf(10, bytes.length >> 1) + 1
  const text = (workerData === 0 ? bytes.subarray(0, middle) : bytes.subarray(middle)).toString()
  const lines = text.split('\\n'); lines.pop()
  require('fs').writeSync(1, lines.map(line => { const r = JSON.parse(line); return JSON.stringify({ ...r, total: r.amount * 2 }) + '\\n' }).join(''))
}`
const ways = {
  'map --js, 2 threads': [
    process.execPath,
    'dist/streamz.cjs',
    'map',
    '-j',
    '2',
    '--js',
    'r => ({...r, total: r.amount * 2})',
  ],
  'map --js, 1 thread': [
    process.execPath,
    'dist/streamz.cjs',
    'map',
    '-j',
    '1',
    '--js',
    'r => ({...r, total: r.amount * 2})',
  ],
  'parse and stringify': [process.execPath, '-e', loop],
  'parse and stringify, 2 threads': [process.execPath, '-e', halves, halves],
  jq: ['jq', '-c', '.total=.amount*2'],
} as const

const run = ([program, ...args]: readonly [string, ...string[]]): number => {
  const input = openSync(file, 'r')
  const output = openSync('/dev/null', 'w')
  const start = performance.now()
  execFileSync(program, args, { stdio: [input, output, 'inherit'] })
  const seconds = (performance.now() - start) / 1000
  closeSync(input)
  closeSync(output)
  return seconds
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const times = new Map(Object.keys(ways).map(name => [name, [] as number[]]))
try {
  for (let turn = 0; turn < turns; turn++) {
    const order = Object.entries(ways)
    for (const [name, argv] of turn % 2 === 0 ? order : order.toReversed()) times.get(name)?.push(run(argv))
  }
  const jq = times.get('jq') ?? []
  for (const [name, values] of times) {
    const ratio = median(values.map((value, turn) => (jq[turn] ?? 0) / value))
    console.log(`${name}: median ${median(values).toFixed(2)} s, ${ratio.toFixed(2)}x the speed of jq`)
  }
  console.log(`target: 3.5x on two free cores (${records} records, ${turns} turns)`)
} finally {
  rmSync(folder, { recursive: true })
}
