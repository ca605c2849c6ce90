// Many processes at one lock and one state under random kill -9, then how fast it is without kills.
// node build/bench/soak/locks.js [--seconds 60] [--processes 12] [--quick: 5 seconds]; exit 1 when anything was violated.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createFileStore } from '../../src/stores/state/file.js'
import { startFixture } from '../../test/helpers/fixture-process.js'
import { stressLocks } from '../../test/helpers/stress-locks.js'
import { inFolder } from '../in-folder.js'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    processes: { type: 'string', default: '12' },
    quick: { type: 'boolean', default: false },
  },
})
const seconds = Number(values.seconds ?? (values.quick ? 5 : 60))
const print = (what: object) => process.stdout.write(`${JSON.stringify(what)}\n`)

/** Cycles of lock, read, write and rename per second, over all processes, once all of them run. */
const measureCycles = (processes: number, durable: boolean) =>
  inFolder(async folder => {
    const path = join(folder, 'state.json')
    const endless = '1000000000'
    const runs = Array.from({ length: processes }, () =>
      startFixture('count-up', path, endless, durable ? 'durable' : ''),
    )
    const store = createFileStore({ path })
    const count = async () => ((await store.read()) as { count: number } | undefined)?.count ?? 0
    await Promise.all(runs.map(run => run.printed()))
    const [before, began] = [await count(), performance.now()]
    await new Promise(resolve => setTimeout(resolve, 4000))
    const [after, ended] = [await count(), performance.now()]
    for (const { child } of runs) child.kill('SIGKILL')
    await Promise.all(runs.map(run => run.finished))
    return { processes, durable, perSecond: Math.round(((after - before) / (ended - began)) * 1000) }
  })

const figures = await inFolder(folder =>
  stressLocks({ folder, seconds, processes: Number(values.processes), deathsPerCall: 0.0005 }),
)
print({ stress: figures })
for (const durable of [false, true]) print({ cycles: await measureCycles(8, durable) })

const { violations, stuck, unreadable, lost, invented } = figures
if (violations + stuck + unreadable + lost + invented > 0) process.exitCode = 1
