// Calls per second of /bin/cat, four at a time: bare `spawn` against the whole call (own process group, timeout, limits,
// stderr, parsed answer), in turn. Usage: node build/bench/kernel/spawn.js [CALLS] [ROUNDS]
import { spawn } from 'node:child_process'
import { createCommandCall } from '../../src/calls/command.js'
import { withRetry } from '../../src/calls/with-retry.js'
import { withTimeout } from '../../src/calls/with-timeout.js'
import { realClock } from '../../src/core/clock.js'

const calls = Number(process.argv[2] ?? 400)
const rounds = Number(process.argv[3] ?? 7)
const concurrency = 4
const bytes = Buffer.from('{"id":"order-1","user":"u17","amount":129.5,"items":[1,2,3]}\n')

const bare = () =>
  new Promise<void>((resolve, reject) => {
    const child = spawn('/bin/cat', [], { stdio: ['pipe', 'pipe', 'inherit'] })
    const chunks: Buffer[] = []
    child.on('error', reject)
    child.on('close', () => resolve())
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stdin.end(bytes)
  })

const call = createCommandCall({
  argv: ['/bin/cat'],
  killAfter: 2000,
  maxResponse: 16 * 1024 * 1024,
  multi: false,
  raw: false,
  stderr: () => {},
  clock: realClock,
})
const retried = withRetry(withTimeout(call, 30_000, realClock), {
  retries: 3,
  backoff: () => 500,
  recordDeadline: 0,
  clock: realClock,
})
const { signal } = new AbortController()
const full = async () => {
  await retried({ bytes, number: 1, file: undefined }, { signal, id: '5c1f' })
}

const measure = async (run: () => Promise<void>) => {
  let left = calls
  const loop = async () => {
    while (left-- > 0) await run()
  }
  const start = performance.now()
  await Promise.all(Array.from({ length: concurrency }, loop))
  return (calls / (performance.now() - start)) * 1000
}

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const rates: { bare: number[]; full: number[] } = { bare: [], full: [] }
for (let round = 0; round < rounds; round++) {
  // Whoever comes second meets a warmer machine: they take turns.
  const first = round % 2 === 0
  if (first) rates.bare.push(await measure(bare))
  rates.full.push(await measure(full))
  if (!first) rates.bare.push(await measure(bare))
}
const ratios = rates.bare.map((rate, round) => rate / (rates.full[round] ?? 1))
console.log(`bare spawn ${median(rates.bare).toFixed(0)}/s, whole call ${median(rates.full).toFixed(0)}/s`)
console.log(
  `whole call takes ${median(ratios).toFixed(3)}x of bare spawn (target 1.15x, ${calls} calls, ${rounds} rounds)`,
)
