import test from 'ava'
import { createChance } from './helpers/damage.js'
import { fillDisk, spoilBytes } from './helpers/fault-rounds.js'
import { makeFolder } from './helpers/temporary-folder.js'

for (const [what, tryRound] of Object.entries({ fillDisk, spoilBytes })) {
  for (const seed of [11, 12, 13]) {
    test.serial(
      `dead letters: ${what}, by whatever name: nothing is lost or done twice without a word (${seed})`,
      async t => {
        t.deepEqual(await tryRound(makeFolder(t), createChance(seed)), [])
      },
    )
  }
}
