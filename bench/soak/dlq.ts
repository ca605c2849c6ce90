// Dead-letter files under stress: 100,000 failures of 8 processes, then kill -9 while appending, compacting and replaying.
// node build/bench/soak/dlq.js [--quick] [--failures 100000] [--rounds 200]; exit 1 when anything was lost, doubled or called again.
import { parseArgs } from 'node:util'
import { appendTogether } from '../../test/helpers/append-together.js'
import { killReplays } from '../../test/helpers/kill-replays.js'
import { inFolder } from '../in-folder.js'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    failures: { type: 'string' },
    rounds: { type: 'string' },
  },
})
const failures = Number(values.failures ?? (values.quick ? 8000 : 100_000))
const rounds = Number(values.rounds ?? (values.quick ? 10 : 200))
const print = (what: object) => process.stdout.write(`${JSON.stringify(what)}\n`)

const each = Math.ceil(failures / 8)
const together = await inFolder(folder => appendTogether(folder, { processes: 8, each }))
print({ together })
let bad = together.missing + together.twice + together.sameName + Math.abs(together.entries - 8 * each)

const killed = { rounds: 0, kills: 0, compacted: 0, missing: 0, twice: 0, sameName: 0 }
for (; killed.rounds < rounds; killed.rounds++) {
  const told = await inFolder(folder =>
    appendTogether(folder, { processes: 4, each: 500, compact: true, killOneIn: 2 }),
  )
  killed.kills += told.codes.filter(code => code === null).length
  killed.compacted += told.compacted
  killed.missing += told.missing
  killed.twice += told.twice
  killed.sameName += told.sameName
}
print({ killed })
bad += killed.missing + killed.twice + killed.sameName

const replays = await inFolder(folder => killReplays(folder, { rounds, entries: 10 * rounds }))
print({ replays })
bad += replays.problems.length
if (bad > 0) process.exitCode = 1
