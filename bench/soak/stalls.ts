// Dead letters appended, replayed and compacted at once in two pid namespaces, where nobody can see whether the holder of a lock of the
// other one lives, while random processes stand still for 14 to 22 s: longer than a lock is believed in without a sign of life.
// node build/bench/soak/stalls.js [--quick] [--rounds 5]; exit 1 when anything was lost, or called again beyond what was in flight.
import { parseArgs } from 'node:util'
import { canUnshare, stallTogether } from '../../test/helpers/stall-together.js'
import { inFolder } from '../in-folder.js'

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, rounds: { type: 'string' } } })
const rounds = Number(values.rounds ?? (values.quick ? 1 : 5))

if (!canUnshare()) console.log('skipped: this machine gives no pid namespaces')
else {
  for (let round = 0; round < rounds; round++) {
    const told = await inFolder(folder => stallTogether(folder, { appenders: 8, seconds: values.quick ? 60 : 120 }))
    console.log(JSON.stringify(told))
    if (told.missing > 0 || told.calledAgain > told.stalledReplays || told.problems.length > 0) process.exitCode = 1
  }
}
