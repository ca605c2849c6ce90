// Calls per second of /bin/cat, four at a time: bare `spawn` with its default pipes against the whole call (own process
// group, retry, timeout, limits, stderr, parsed answer), in short turns because machines are noisy. The same bare loop with
// a group of its own stands beside it: on a busy Linux with autogroups the scheduler makes such children wait longer.
// Usage: node build/bench/kernel/spawn.js [CALLS PER TURN] [TURNS]
import { spawn } from 'node:child_process'
import { createCommandCall } from '../../src/calls/command.js'
import { withRetry } from '../../src/calls/with-retry.js'
import { withTimeout } from '../../src/calls/with-timeout.js'
import { realClock } from '../../src/core/clock.js'

const calls = Number(process.argv[2] ?? 60)
const rounds = Number(process.argv[3] ?? 25)
const concurrency = 4
const bytes = Buffer.from('{"id":"order-1","user":"u17","amount":129.5,"items":[1,2,3]}\n')

const bare = (detached: boolean) => () =>
  new Promise<void>((resolve, reject) => {
    const child = spawn('/bin/cat', { detached })
    const chunks: Buffer[] = []
    child.on('error', reject)
    child.on('close', () => resolve())
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.resume()
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

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const ways = { bare: bare(false), 'bare, own group': bare(true), 'whole call': full }
const rates = Object.entries(ways).map(([name, run]) => ({ name, run, values: [] as number[] }))
for (let round = 0; round < rounds; round++) {
  // Whoever comes later meets another machine: they take turns.
  for (const rate of round % 2 === 0 ? rates : rates.toReversed()) rate.values.push(await measure(rate.run))
}
for (const { name, values } of rates) {
  const slower = median(values.map((rate, round) => (rates[0]?.values[round] ?? 0) / rate))
  const best = Math.max(...values).toFixed(0)
  console.log(`${name}: median ${median(values).toFixed(0)}/s, best ${best}/s, ${slower.toFixed(3)}x of bare`)
}
console.log(`target: whole call within 1.15x of bare (${rounds} turns of ${calls} calls)`)
