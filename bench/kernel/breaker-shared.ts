// What a shared state costs: 8 processes, 4 calls of 10 ms at once in each, a circuit in a file that all share against one in
// memory. Interleaved rounds, so that a busy machine spoils both. The share must stay below 3%.
// node build/bench/kernel/breaker-shared.js [--rounds 9] [--quick: 3 rounds]
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createAttempts } from '../../src/calls/attempts/create-attempts.js'
import { createPatience } from '../../src/calls/attempts/patience.js'
import { createBreakerGuard } from '../../src/calls/breaker/breaker-guard.js'
import { createBreakerGate } from '../../src/calls/breaker/gate.js'
import { createMemoryCircuit } from '../../src/calls/breaker/memory-circuit.js'
import { createBreakerOptions } from '../../src/core/breaker/options.js'
import { stateVersion } from '../../src/core/breaker/save.js'
import { realClock } from '../../src/core/clock.js'
import { createFileStore } from '../../src/stores/state/file.js'
import { createSharedCircuit } from '../../src/stores/state/shared-circuit.js'

const processes = 8
const concurrency = 4
const calls = 400

const { values } = parseArgs({
  options: {
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    child: { type: 'string' },
  },
})

/** One of the processes: tells that it is ready, waits for the start, makes its calls, tells how long they took. */
const work = async (path: string): Promise<void> => {
  const options = createBreakerOptions({ by: `bench:${process.pid}` })
  const common = { options, clock: realClock, observe: () => {} }
  const circuit =
    path === ''
      ? createMemoryCircuit(common)
      : createSharedCircuit({
          ...common,
          store: createFileStore({ path, version: stateVersion }),
          writer: { host: 'bench', pid: process.pid, started: 0, version: '0' },
          follow: () => {},
          warn: message => process.stderr.write(`${message}\n`),
          setAside: () => '',
          strict: false,
        })
  const signal = new AbortController().signal
  const gate = createBreakerGate({
    circuit,
    onOpen: 'pause',
    patience: createPatience({ maxPause: 0, clock: realClock, stop: () => {} }),
    clock: realClock,
    stop: () => {},
    stopping: signal,
  })
  const call = createAttempts(() => new Promise(done => setTimeout(() => done([]), 10)), {
    timeout: 0,
    retries: 0,
    backoff: () => 0,
    recordDeadline: 0,
    clock: realClock,
    guard: createBreakerGuard({ gateOf: () => gate, clock: realClock, probesReturn: true }),
  })
  await circuit.open()
  let left = 0
  const loop = async () => {
    while (left > 0) {
      left--
      await call({ bytes: Buffer.from('1\n'), number: left, file: undefined }, { killing: signal, id: '' })
    }
  }
  const makeCalls = (count: number) => {
    left = count
    return Promise.all(Array.from({ length: concurrency }, loop))
  }
  // What is compiled once is no part of what each call costs.
  await makeCalls(calls / 2)
  process.stdout.write('ready\n')
  await once(process.stdin, 'data')
  const began = performance.now()
  await makeCalls(calls)
  const took = performance.now() - began
  await circuit.close()
  process.stdout.write(`${took}\n`, () => process.exit())
}

const round = async (path: string): Promise<number> => {
  const script = fileURLToPath(import.meta.url)
  const children: ChildProcess[] = Array.from({ length: processes }, () =>
    spawn(process.execPath, [script, '--child', path], { stdio: ['pipe', 'pipe', 'inherit'], timeout: 60_000 }),
  )
  await Promise.all(children.map(({ stdout }) => once(stdout as NonNullable<typeof stdout>, 'data')))
  for (const { stdin } of children) stdin?.write('go\n')
  const times = await Promise.all(
    children.map(async ({ stdout }) => Number((await once(stdout as NonNullable<typeof stdout>, 'data'))[0])),
  )
  return times.reduce((sum, time) => sum + time, 0) / processes
}

// What else runs on the machine only ever adds: a quarter of the rounds may be spoiled thrice over.
const quarter = (times: readonly number[]) => times.toSorted((one, other) => one - other)[times.length >> 2] as number

if (values.child !== undefined) await work(values.child)
else {
  const rounds = Number(values.rounds ?? (values.quick ? 3 : 9))
  const folder = mkdtempSync(join(tmpdir(), 'streamz-bench-'))
  const times = { memory: [] as number[], shared: [] as number[] }
  try {
    for (let number = 0; number < rounds; number++) {
      times.memory.push(await round(''))
      times.shared.push(await round(join(folder, `${number}.json`)))
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  const [memory, shared] = [quarter(times.memory), quarter(times.shared)]
  const share = shared / memory - 1
  console.log(`${processes} processes, ${concurrency} calls of 10 ms at once, ${calls} calls each, ${rounds} rounds`)
  console.log(`in memory ${memory.toFixed(0)} ms, shared ${shared.toFixed(0)} ms: ${(share * 100).toFixed(1)}% more`)
  if (share >= 0.03) process.exitCode = 1
}
