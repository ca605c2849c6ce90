// Many processes at one lock and one state under random kill -9, then how fast it is without kills.
// node build/bench/soak/locks.js [--quick] [--seconds 60] [--processes 12]; exit 1 when anything was violated.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createFileStore } from '../../src/stores/file.js'
import { startFixture } from '../../test/helpers/fixture-process.js'
import { stressLocks } from '../../test/helpers/stress-locks.js'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    seconds: { type: 'string' },
    processes: { type: 'string', default: '12' },
  },
})
const print = (what: object) => process.stdout.write(`${JSON.stringify(what)}\n`)

const inFolder = async <R>(act: (folder: string) => Promise<R>): Promise<R> => {
  const folder = mkdtempSync(join(tmpdir(), 'streamz-soak-'))
  try {
    return await act(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Cycles of lock, read, write, rename per second over so many processes; their start is not counted. */
const measureCycles = (processes: number, times: number, durable: boolean) =>
  inFolder(async folder => {
    const path = join(folder, 'state.json')
    const runs = Array.from({ length: processes }, () =>
      startFixture('count-up', path, String(times), durable ? 'durable' : ''),
    )
    // Half of the way is timed: when the last process has started, the first ones are still busy.
    const store = createFileStore({ path })
    const count = async () => ((await store.read()).value as { count: number } | undefined)?.count ?? 0
    const pass = async (goal: number) => {
      while ((await count()) < goal) await new Promise(resolve => setTimeout(resolve, 5))
      return { count: await count(), at: performance.now() }
    }
    const total = processes * times
    const first = await pass(total * 0.25)
    const last = await pass(total * 0.75)
    await Promise.all(runs.map(run => run.finished))
    const counted = await count()
    const perSecond = Math.round(((last.count - first.count) / (last.at - first.at)) * 1000)
    return { processes, durable, perSecond, lost: total - counted }
  })

const figures = await inFolder(folder =>
  stressLocks({
    folder,
    seconds: Number(values.seconds ?? (values.quick ? 5 : 60)),
    processes: Number(values.processes),
    deathsPerCall: 0.0005,
  }),
)
print({ stress: figures })
const times = values.quick ? 50 : 500
const cycles = [await measureCycles(8, times, false), await measureCycles(8, times, true)]
for (const cycle of cycles) print({ cycles: cycle })

const { violations, stuck, unreadable, lost, invented } = figures
if (violations + stuck + unreadable + lost + invented > 0 || cycles.some(cycle => cycle.lost !== 0))
  process.exitCode = 1
