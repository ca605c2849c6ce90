// Records per second through workers that are `cat`, in lock-step: a bare loop of writes and reads against the whole path
// (map with order, retry, a timeout on each record, parsed answer), in short turns because machines are noisy. The
// same bare loop with a session for each worker stands beside it: Linux with autogroups schedules those apart, and waking a
// process of another group costs several times as much.
// Usage: node build/bench/kernel/worker.js [RECORDS PER TURN] [TURNS] [WORKERS]
import { spawn } from 'node:child_process'
import { createAttempts } from '../../src/calls/attempts/create-attempts.js'
import { createWorkers } from '../../src/calls/worker/workers.js'
import { realClock } from '../../src/core/clock.js'
import { Lines } from '../../src/core/lines.js'
import type { Context } from '../../src/core/processor.js'
import { replace } from '../../src/processors/map/shape.js'
import { createMap } from '../../src/processors/map.js'

// So many that the silence after the last one is a small part.
const records = Number(process.argv[2] ?? 60_000)
const turns = Number(process.argv[3] ?? 5)
const size = Number(process.argv[4] ?? 4)
const record =
  '{"id":"order-1","user":"u17","amount":129.5,"items":[1,2,3],"note":"about as long as the others, 118 bytes"}\n'
const bytes = Buffer.from(record)

const spawnAll = (detached: boolean) =>
  Array.from({ length: size }, () => spawn('cat', { detached, stdio: ['pipe', 'pipe', 'ignore'] }))
const together = spawnAll(false)
const apart = spawnAll(true)

const bare = (children: typeof together) => async () => {
  let left = records
  await Promise.all(
    children.map(
      child =>
        new Promise<void>(resolve => {
          const next = () => {
            if (left-- > 0) return child.stdin.write(bytes)
            child.stdout.off('data', next)
            resolve()
          }
          child.stdout.on('data', next)
          next()
        }),
    ),
  )
}

const workers = createWorkers({
  argv: ['cat'],
  size,
  pipeline: 1,
  killAfter: 2000,
  maxResponse: 16 * 1024 * 1024,
  raw: false,
  timeout: 0,
  startTimeout: 0,
  stderr: () => {},
  onStray: () => {},
  clock: realClock,
})
const call = createAttempts(workers.call, {
  timeout: 30_000,
  retries: 3,
  backoff: () => 500,
  recordDeadline: 0,
  clock: realClock,
})

const ends = new Int32Array(records)
for (let index = 0; index < records; index++) ends[index] = (index + 1) * bytes.length
const all = new Lines(Buffer.from(record.repeat(records)), 0, ends, 0, records, 1, undefined)

const whole = async () => {
  let rest = Lines.none
  const { signal } = new AbortController()
  const context: Context = {
    emit() {},
    reject(_, failure) {
      throw failure
    },
    filter() {},
    giveBack(lines) {
      rest = lines
    },
    stop() {},
    event() {},
    clock: realClock,
    stopping: signal,
    killing: signal,
  }
  const options = { call, id: () => 'x', concurrency: size, window: 4 * size, prepare: () => undefined, shape: replace }
  const map = createMap({ ...options, order: 'input' }, context)
  for (let lines = all; lines.length > 0; lines = rest) {
    rest = Lines.none
    await map.push(lines)
  }
  await map.end?.()
}

type Way = {
  readonly name: string
  readonly run: () => Promise<void>
  readonly values: number[]
  readonly cpu: number[]
}

const measure = async ({ run, values, cpu }: Way) => {
  const start = performance.now()
  const before = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(before)
  values.push((records / (performance.now() - start)) * 1000)
  cpu.push((user + system) / records)
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

// The first answers are waited upon.
await whole()
const ways: Way[] = [
  { name: 'bare', run: bare(together), values: [], cpu: [] },
  { name: 'bare, own groups', run: bare(apart), values: [], cpu: [] },
  { name: 'whole path', run: whole, values: [], cpu: [] },
]
for (let turn = 0; turn < turns; turn++) {
  for (const way of turn % 2 === 0 ? ways : ways.toReversed()) await measure(way)
}
for (const { name, values, cpu } of ways) {
  const ratio = median(values.map((value, turn) => value / (ways[0]?.values[turn] ?? 0)))
  console.log(
    `${name}: median ${median(values).toFixed(0)}/s, best ${Math.max(...values).toFixed(0)}/s, ${ratio.toFixed(2)} of bare, ${median(cpu).toFixed(1)} us of our CPU each`,
  )
}
console.log(`target: 40,000/s (${turns} turns of ${records} records, ${size} workers)`)
await workers.close()
for (const child of [...together, ...apart]) child.stdin.end()
