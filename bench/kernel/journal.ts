// What noting an outcome in a journal costs, in microseconds of CPU time, and what reading it back takes: seconds and peak memory.
// Calls that end in the same turn of the event loop share their writes, so the cost is told for turns of 1, 4 and 16 calls.
// node build/bench/kernel/journal.js [RECORDS] [ROUNDS]; exit 1 when a target is not reached.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { realClock } from '../../src/core/clock.js'
import { openCallJournal } from '../../src/stores/journal/call-journal.js'

const records = Number(process.argv[2] ?? 1_000_000)
const rounds = Number(process.argv[3] ?? 5)

const open = (path: string) =>
  openCallJournal({
    path,
    clock: realClock,
    wanted: { call: {}, input: {} },
    warn: console.error,
    onError(error) {
      throw error
    },
  })

const lineOf = (number: number) => ({
  bytes: Buffer.from(`{"id":${number},"user":"u${number % 1000}"}\n`),
  number,
  file: 'in',
})
const result = Buffer.from(`{"id":1,"answer":"${'x'.repeat(80)}"}\n`)

/** Microseconds of CPU time for each of so many calls, so many of which end in one turn. */
const write = async (path: string, count: number, together: number): Promise<number> => {
  const journal = open(path)
  const lines = Array.from({ length: count }, (_, index) => lineOf(index + 1))
  const before = process.cpuUsage()
  for (let at = 0; at < count; at += together) {
    await new Promise<void>(resolve => {
      for (let index = at; index < Math.min(count, at + together); index++) {
        const line = lines[index] as (typeof lines)[number]
        journal.note({ word: 'ok', line, result, attempts: 1, ms: 12, id: undefined }, resolve)
      }
    })
  }
  const { user, system } = process.cpuUsage(before)
  await journal.close()
  return (user + system) / count
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] as number

if (process.argv[2] === 'read') {
  const path = process.argv[3] as string
  const started = performance.now()
  const journal = open(path)
  const seconds = (performance.now() - started) / 1000
  const megabytes = process.resourceUsage().maxRSS / 1024
  console.log(JSON.stringify({ size: journal.size, seconds, megabytes }))
  await journal.close()
} else {
  const folder = mkdtempSync(join(tmpdir(), 'streamz-bench-'))
  try {
    for (const together of [1, 4, 16]) {
      const costs: number[] = []
      for (let round = 0; round < rounds; round++) {
        costs.push(await write(join(folder, `${together}.${round}`), 100_000, together))
      }
      const cost = median(costs)
      console.log(`noting a call, ${together} in a turn: ${cost.toFixed(2)} us`)
      // Two bare writes cost 3.4 to 4.7 us: one call in a turn cannot cost less.
      if (together === 16 && cost > 3) process.exitCode = 1
    }
    const path = join(folder, 'large')
    await write(path, records, 16)
    const reads = Array.from({ length: rounds }, () =>
      JSON.parse(execFileSync(process.execPath, [fileURLToPath(import.meta.url), 'read', path], { encoding: 'utf8' })),
    )
    const seconds = median(reads.map(read => read.seconds))
    const megabytes = median(reads.map(read => read.megabytes))
    console.log(`reading ${records} outcomes: ${seconds.toFixed(2)} s, ${Math.round(megabytes)} MB`)
    if (seconds > 1.5 || megabytes > 200) process.exitCode = 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
