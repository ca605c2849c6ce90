// `dedupe --state` under kill -9 at random moments: nothing swallowed, at most one write of the output twice.
// node build/bench/soak/dedupe.js [--quick] [--rounds 100]; exit 1 when it was not so.
import { parseArgs } from 'node:util'
import { killDedupes } from '../../test/helpers/kill-dedupes.js'
import { inFolder } from '../in-folder.js'

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, rounds: { type: 'string' } } })
const rounds = Number(values.rounds ?? (values.quick ? 5 : 100))
const killed = await inFolder(folder => killDedupes(folder, { rounds, keys: 20_000, kills: 2, random: Math.random }))
process.stdout.write(`${JSON.stringify({ killed })}\n`)
if (killed.problems.length > 0) process.exitCode = 1
