import { type Definition, type Invocation, operand } from '../../cli/definition.js'
import { exitCodes } from '../../cli/exit-codes.js'
import { formatSize } from '../../cli/format.js'
import { option } from '../../cli/option.js'
import { createPrinter } from '../../cli/printer.js'
import { UsageError } from '../../cli/usage-error.js'
import { duration } from '../../cli/values/duration.js'
import { realClock } from '../../core/clock.js'
import { tidy } from '../../stores/dead-letters/compact.js'
import { takeReplayLock } from '../../stores/dead-letters/replay-lock.js'
import { count, tellDamage } from './entries.js'

export const define = (): Definition => ({
  words: {
    name: 'dlq purge',
    purpose: 'Throw away the entries that failed last longer ago than a time, whatever has become of them',
    usage: '--older-than DURATION FILE',
    examples: [
      { note: 'nothing is kept for more than 90 days', run: 'streamz dlq purge --older-than 90d failed.ndjson' },
    ],
    notes:
      'The records are gone for good. Damaged and foreign lines stay. Others may append meanwhile; while a replay runs it is\nrefused with 75.',
    seeAlso: ['dlq'],
    exit: ['temporary'],
  },
  operands: [operand('<file>')],
  options: [option('What goes', '--older-than <duration>', 'as 90d or 12h', duration)],
  common: 'none',
  prepare({ operands, flags: { olderThan } }: Invocation<{ readonly olderThan?: number }>) {
    const [path] = operands as [string]
    if (olderThan === undefined) throw new UsageError('No --older-than is given, as in: --older-than 90d')
    return async () => {
      const printer = createPrinter('dlq purge')
      const before = realClock.wall() - olderThan
      const release = takeReplayLock(path, realClock)
      try {
        const done = await tidy({
          path,
          clock: realClock,
          fields: ['time'],
          drop: (_, reader) => Date.parse(reader.text('time') ?? '') < before,
        })
        printer.tell(
          `${count(done.dropped, 'entry')} of ${path} thrown away, ${count(done.kept, 'entry')} kept: ${formatSize(done.before)} are now ${formatSize(done.after)}`,
        )
        tellDamage(path, done, printer)
        return await printer.end(done.damaged > 0 ? exitCodes.failures.code : exitCodes.ok.code)
      } finally {
        release()
      }
    }
  },
})
