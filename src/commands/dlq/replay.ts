import { type Definition, type Invocation, operand } from '../../cli/definition.js'
import { option } from '../../cli/option.js'
import { UsageError } from '../../cli/usage-error.js'
import { wholeNumber } from '../../cli/values/whole-number.js'
import { resolveLink } from '../../stores/files/resolve-link.js'
import { checkMapFlags, listMapOptions } from '../map/options.js'
import { replayCalls } from './replay-calls.js'
import { replayRecords } from './replay-records.js'
import type { ReplayFlags } from './replay-run.js'
import { listSelectOptions } from './select.js'

const group = 'Replay'

export const define = (): Definition => ({
  words: {
    name: 'dlq replay',
    purpose: 'Bring dead letters back: their records to standard output, or one call for each, acknowledged',
    usage: 'FILE [OPTION...] [-- COMMAND [ARG...]]',
    examples: [
      {
        note: 'call again for what timed out; success is done, failure is kept, results go to stdout',
        run: 'streamz dlq replay failed.ndjson --kind timeout --timeout 1m -- ./enrich.sh',
      },
      {
        note: 'just the records, ten a second; nothing is acknowledged',
        run: 'streamz dlq replay failed.ndjson --rate 10/s',
      },
      { note: 'what would be replayed', run: 'streamz dlq replay failed.ndjson --since 1d --dry-run' },
    ],
    notes:
      'With a COMMAND all options of map count. An entry that succeeds is done and never comes back; one that fails is updated:\nattempts are added, the first failure is kept, and after --max-replays it is parked. What may pass (timeouts,\n5xx) uses up a replay at the end of the run. Entries of several stages need --stage or --any-stage. A run that is killed\ngoes on where it was: only what was in flight is called again. One replay at a time; entries appended meanwhile wait.',
    seeAlso: ['dlq', 'map'],
    exit: ['temporary', 'notExecutable', 'notFound'],
  },
  operands: [operand('<file>')],
  options: [
    option(group, '--limit <n>', 'so many entries at most', wholeNumber(1)),
    option(
      group,
      '--max-replays <n>',
      'an entry that failed in so many replays is parked (3)',
      wholeNumber(1, 1e6),
    ).default(3),
    option(group, '--any-stage', 'call the command for the failures of several stages, not only of one'),
    ...listMapOptions(),
    ...listSelectOptions(),
  ],
  refuses: {
    '--dlq': inPlace,
    '--inline': inPlace,
    '--failures': inPlace,
    '--id': ofEntries,
    '--no-failures-in': ofEntries,
  },
  takesCommand: true,
  prepare({ operands, flags, rest }: Invocation<ReplayFlags>) {
    const [path] = operands as [string]
    if (!isCalling(flags, rest)) {
      checkPlainRates(flags)
      if (flags.rawInput)
        throw new UsageError('--raw-input needs a COMMAND: it gets the text of a record that is a string')
      return () => replayRecords(resolveLink(path), flags)
    }
    checkMapFlags(flags)
    return replayCalls(path, flags, rest)
  },
})

const checkPlainRates = ({ rate = [] }: ReplayFlags): void => {
  const [weighed] = rate.filter(({ of, bytes }) => bytes || of !== undefined)
  if (weighed === undefined) return
  throw new UsageError(`--rate ${weighed.text}: without a call entries are counted, as in: --rate 10/s`)
}

const inPlace = 'does not go with a replay: what fails again goes back into the file'
const ofEntries = 'does not go with a replay: the records and their ids are those of the entries'

/** Options that say how to call something, by the names that modes of `map` have. */
const isCalling = (flags: ReplayFlags, rest: readonly string[] | undefined): boolean =>
  rest !== undefined || ['http', 'worker', 'js', 'module'].some(mode => Object.hasOwn(flags, mode))
