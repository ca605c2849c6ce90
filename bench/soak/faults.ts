// Dead-letter files, by their own name and by links, on disks that fill up at a random byte, and with random bytes of the file and its
// journal spoilt: nothing is lost or done twice without a word.
// node build/bench/soak/faults.js [--quick] [--rounds 150] [--seed N]; exit 1 when anything was.
import { parseArgs } from 'node:util'
import { createChance } from '../../test/helpers/damage.js'
import { fillDisk, spoilBytes } from '../../test/helpers/fault-rounds.js'
import { inFolder } from '../in-folder.js'

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, rounds: { type: 'string' }, seed: { type: 'string' } },
})
const rounds = Number(values.rounds ?? (values.quick ? 8 : 150))
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))

for (const [what, tryRound] of Object.entries({ fillDisk, spoilBytes })) {
  const problems: string[] = []
  for (let round = 0; round < rounds; round++) {
    const found = await inFolder(folder => tryRound(folder, createChance(seed + round)))
    problems.push(...found.map(problem => `seed ${seed + round}: ${problem}`))
  }
  console.log(JSON.stringify({ what, rounds, seed, problems }))
  if (problems.length > 0) process.exitCode = 1
}
