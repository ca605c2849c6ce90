import { type Definition, operand } from '../../cli/definition.js'
import { exitCodes } from '../../cli/exit-codes.js'
import { formatCount } from '../../cli/format.js'
import { createPrinter } from '../../cli/printer.js'
import { realClock } from '../../core/clock.js'
import { formatSize } from '../../core/io/format-size.js'
import { tidy } from '../../stores/dead-letters/compact.js'
import { takeReplayLock } from '../../stores/dead-letters/replay-lock.js'
import { resolveLink } from '../../stores/files/resolve-link.js'
import { count, tellDamage } from './entries.js'

export const define = (): Definition => ({
  words: {
    name: 'dlq compact',
    purpose: 'Rewrite a dead-letter file without the entries that are done and without outdated lines',
    usage: 'FILE',
    examples: [{ note: 'after a replay', run: 'streamz dlq compact failed.ndjson' }],
    notes:
      'Waiting and parked entries are kept byte for byte, and so are damaged lines and lines that are not entries. Other processes\nmay append at the same time. Exits with 75 while a replay is running.',
    seeAlso: ['dlq'],
    exit: ['temporary'],
  },
  operands: [operand('<file>')],
  common: 'none',
  prepare:
    ({ operands }) =>
    async () => {
      const [given] = operands as [string]
      const path = resolveLink(given)
      const printer = createPrinter('dlq compact')
      const lock = takeReplayLock(path, realClock)
      try {
        const done = await tidy({ path, clock: realClock, fields: [], drop: state => state === 'done' })
        printer.tell(
          `${count(done.dropped, 'entry')} of ${path} ${done.dropped === 1 ? 'was' : 'were'} done, ${formatCount(done.kept)} left: ${formatSize(done.before)} became ${formatSize(done.after)}`,
        )
        const damaged = tellDamage(path, done, printer)
        return await printer.end(damaged ? exitCodes.failures.code : exitCodes.ok.code)
      } finally {
        lock.release()
      }
    },
})
