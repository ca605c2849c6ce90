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
    purpose: 'Replay dead letters: write their records to standard output, or call for each and record the outcome',
    usage: 'FILE [OPTION...] [-- COMMAND [ARG...]]',
    examples: [
      {
        note: 'call again for timeouts; successes are done, failures are kept, results go to stdout',
        run: 'streamz dlq replay failed.ndjson --kind timeout --timeout 1m -- ./enrich.sh',
      },
      {
        note: 'only the records, ten per second; no outcome is recorded',
        run: 'streamz dlq replay failed.ndjson --rate 10/s',
      },
      { note: 'show what would be replayed', run: 'streamz dlq replay failed.ndjson --since 1d --dry-run' },
    ],
    notes:
      'With a COMMAND all options of map apply, except --journal: a replay records outcomes in the file itself. An entry that succeeds is done and is never replayed again. One that fails is\nupdated: attempts are added up, the first failure is kept, and after --max-replays it is parked. Temporary failures\n(timeouts, 5xx) use up a replay at the end of the run. Entries of several stages need --stage or --any-stage. A replay that\nwas killed continues where it stopped: only records in flight are called again. Only one replay runs at a time; the next\none reads entries that were appended meanwhile.',
    seeAlso: ['dlq', 'map'],
    exit: ['temporary', 'notExecutable', 'notFound'],
  },
  operands: [operand('<file>')],
  options: [
    option(group, '--limit <n>', 'replay at most N entries', wholeNumber(1)),
    option(group, '--max-replays <n>', 'park an entry after N failed replays (3)', wholeNumber(1, 1e6)).default(3),
    option(group, '--any-stage', 'replay the failures of several stages with one command'),
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
        throw new UsageError('--raw-input needs a COMMAND: it passes records that are strings to it as text')
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

const inPlace = 'cannot be used with replay: records that fail again are updated in the file'
const ofEntries = 'cannot be used with replay: the entries have the records and their ids'

/** Options that say how to call something, by the names that modes of `map` have. */
const isCalling = (flags: ReplayFlags, rest: readonly string[] | undefined): boolean =>
  rest !== undefined || ['http', 'worker', 'js', 'module'].some(mode => Object.hasOwn(flags, mode))
