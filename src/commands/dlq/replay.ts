import type { Command } from 'commander'
import { addCommonOptions } from '../../cli/common-options.js'
import { createCommand, type Definition, option } from '../../cli/definition.js'
import { UsageError } from '../../cli/usage-error.js'
import { rate } from '../../cli/values/rate.js'
import { wholeNumber } from '../../cli/values/whole-number.js'
import { addMapOptions, checkMapFlags } from '../map/options.js'
import { replayCalls } from './replay-calls.js'
import { replayRecords } from './replay-records.js'
import type { ReplayFlags } from './replay-run.js'
import { addSelectOptions } from './select.js'

// Failures go back into the file, so nothing else can take them; ids and stages are those of the entries.
const meaningless = ['--dlq', '--inline', '--failures', '--id', '--stage', '--raw-input', '--no-failures-in']

const group = 'Replay'

export const define = (): Definition => {
  const command = createCommand({
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
      'With a COMMAND all options of map count. An entry that succeeds is done and never comes back; one that fails is updated:\nattempts are added, the first failure is kept, and after --max-replays it is parked. A run that is killed goes on\nwhere it was: only what was in flight is called again. One replay at a time; entries appended meanwhile wait for the next.',
    seeAlso: ['dlq', 'map'],
    exit: ['temporary', 'notExecutable', 'notFound'],
  })
    .argument('<file>')
    .addOption(option(group, '--rate <rate>', 'no more than so many entries per time, as 10/s', rate))
    .addOption(option(group, '--limit <n>', 'so many entries at most', wholeNumber(1)))
    .addOption(
      option(
        group,
        '--max-replays <n>',
        'an entry that failed in so many replays is parked (3)',
        wholeNumber(1, 1e6),
      ).default(3),
    )
  addMapOptions(command)
  addCommonOptions(command)
  withdraw(command, meaningless)
  addSelectOptions(command)
  return {
    command,
    run: ({ operands, rest }) => {
      const [path] = operands as [string]
      const flags = command.opts<ReplayFlags>()
      if (flags.rate?.bytes) throw new UsageError('--rate: entries are counted, not bytes, as in: --rate 10/s')
      if (isCalling(flags, rest)) {
        checkMapFlags(flags)
        return replayCalls(path, flags, rest)
      }
      return replayRecords(path, flags)
    },
  }
}

/** Options that say how to call something, by the names that modes of `map` have. */
const isCalling = (flags: ReplayFlags, rest: readonly string[] | undefined): boolean =>
  rest !== undefined || ['http', 'worker', 'js', 'module'].some(mode => Object.hasOwn(flags, mode))

const withdraw = (command: Command, names: readonly string[]): void => {
  const options = command.options as Command['options'][number][]
  for (const name of names) {
    const at = options.findIndex(({ long }) => long === name)
    if (at !== -1) options.splice(at, 1)
  }
}
