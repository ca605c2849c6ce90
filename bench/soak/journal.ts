// `map --journal` and a job with a journalled step under kill -9 and SIGTERM at random moments, resumed each time: nothing lost,
// nothing twice, no call made again that was noted, at most as many as run at once otherwise.
// node build/bench/soak/journal.js [--quick] [--rounds 100]; exit 1 when it was not so.
import { parseArgs } from 'node:util'
import { killJournals } from '../../test/helpers/kill-journals.js'
import { inFolder } from '../in-folder.js'

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, rounds: { type: 'string' } } })
const rounds = Number(values.rounds ?? (values.quick ? 5 : 100))
for (const how of ['map', 'run'] as const) {
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    const many = signal === 'SIGKILL' ? rounds : Math.ceil(rounds / 10)
    const options = { rounds: many, records: 60, kills: 2, random: Math.random, how, signal }
    const killed = await inFolder(folder => killJournals(folder, options))
    process.stdout.write(`${JSON.stringify({ how, signal, ...killed })}\n`)
    if (killed.problems.length > 0) process.exitCode = 1
  }
}
