import { type Definition, type Invocation, operand } from '../../cli/definition.js'
import { exitCodes } from '../../cli/exit-codes.js'
import { formatCount } from '../../cli/format.js'
import { option } from '../../cli/option.js'
import { createPrinter } from '../../cli/printer.js'
import { UsageError } from '../../cli/usage-error.js'
import { choice } from '../../cli/values/choice.js'
import { duration } from '../../cli/values/duration.js'
import { realClock } from '../../core/clock.js'
import { formatSize } from '../../core/io/format-size.js'
import { tidy } from '../../stores/dead-letters/compact.js'
import type { EntryState } from '../../stores/dead-letters/index-file.js'
import { takeReplayLock } from '../../stores/dead-letters/replay-lock.js'
import { resolveLink } from '../../stores/files/resolve-link.js'
import { count, tellDamage } from './entries.js'

type PurgeFlags = { readonly olderThan?: number; readonly state?: EntryState }

export const define = (): Definition => ({
  words: {
    name: 'dlq purge',
    purpose: 'Delete entries by age of their last failure, or by state',
    usage: '(--older-than DURATION | --state STATE) FILE',
    examples: [
      { note: 'keep nothing for more than 90 days', run: 'streamz dlq purge --older-than 90d failed.ndjson' },
      { note: 'delete entries that failed in too many replays', run: 'streamz dlq purge --state parked failed.ndjson' },
    ],
    notes:
      'With both options an entry must match both. The records cannot be recovered. Damaged lines and lines that are not entries\nare kept. Other processes may append at the same time. Exits with 75 while a replay is running.',
    seeAlso: ['dlq'],
    exit: ['temporary'],
  },
  operands: [operand('<file>')],
  options: [
    option('Entries', '--older-than <duration>', 'that last failed longer ago, as 90d or 12h', duration),
    option(
      'Entries',
      '--state <state>',
      'in this state: waiting, parked or done',
      choice(['waiting', 'parked', 'done']),
    ),
  ],
  common: 'none',
  prepare({ operands, flags: { olderThan, state: wanted } }: Invocation<PurgeFlags>) {
    const [given] = operands as [string]
    if (olderThan === undefined && wanted === undefined) {
      throw new UsageError('Say which entries to delete: --older-than 90d, --state parked, or both')
    }
    return async () => {
      const path = resolveLink(given)
      const printer = createPrinter('dlq purge')
      const before = olderThan === undefined ? Number.POSITIVE_INFINITY : realClock.wall() - olderThan
      const lock = takeReplayLock(path, realClock)
      try {
        const done = await tidy({
          path,
          clock: realClock,
          fields: ['time'],
          drop: (state, reader) =>
            (wanted === undefined || state === wanted) &&
            (olderThan === undefined || Date.parse(reader.text('time') ?? '') < before),
        })
        printer.tell(
          `${count(done.dropped, 'entry')} of ${path} deleted, ${formatCount(done.kept)} kept: ${formatSize(done.before)} became ${formatSize(done.after)}`,
        )
        const damaged = tellDamage(path, done, printer)
        return await printer.end(damaged ? exitCodes.failures.code : exitCodes.ok.code)
      } finally {
        lock.release()
      }
    }
  },
})
