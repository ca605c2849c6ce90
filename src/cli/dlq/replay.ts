import type { Command } from 'commander'
import type { DeadLetterReader } from '../../core/dead-letter.js'
import { createGcra, createLimit } from '../../core/gcra.js'
import { maxFailureLine } from '../../core/split.js'
import { createReplay, type ReplayOptions } from '../../processors/replay.js'
import { type DeadLetterFile, openDeadLetterFile } from '../../stores/dead-letter-file.js'
import { type DeadLetterIndex, indexDeadLetters } from '../../stores/dead-letter-index.js'
import { addCommonOptions } from '../common-options.js'
import { createCommand, type Definition, option, UsageError } from '../definition.js'
import { addMapOptions, checkMapFlags, type MapFlags } from '../map-options.js'
import { type ClosableSink, runStream, type StreamJob } from '../stream.js'
import { type Rate, rate } from '../values/rate.js'
import { wholeNumber } from '../values/whole-number.js'
import { tellDamage } from './entries.js'
import { createRow, describeRow, rowFields } from './row.js'
import { addSelectOptions, createSelection, type SelectFlags, type Selection } from './select.js'

export type ReplayFlags = Omit<MapFlags, 'stage'> &
  SelectFlags & { readonly rate?: Rate; readonly limit?: number; readonly maxReplays: number }

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
    exit: ['maxFail', 'temporary', 'notExecutable', 'notFound', 'terminated'],
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
        const { replayCalls } = require('./replay-calls.ts') as typeof import('./replay-calls.js')
        return replayCalls(path, flags, rest)
      }
      return replayRecords(path, flags)
    },
  }
}

declare const require: (path: string) => unknown

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

/** The records to standard output; nothing is written down. */
const replayRecords = async (path: string, flags: ReplayFlags): Promise<number> => {
  const file = await openDeadLetterFile(path, flags)
  const index = await indexDeadLetters(file)
  const selection = createSelection(flags)
  const options = prepareReplay(flags, index, selection)
  return runReplay(path, file, flags, {
    sink: keepInPlace,
    create({ messages }, context) {
      tellDamage(path, index, { messages })
      return createReplay(flags.dryRun ? { ...options, ...rowOptions(options) } : options, context)
    },
  })
}

/** What cannot be replayed stays where it is. */
export const keepInPlace = (): ClosableSink => ({ put: (_, fate) => fate.taken(1), flush() {}, async close() {} })

const rowOptions = ({ fields }: Pick<ReplayOptions, 'fields'>) => ({
  fields: [...fields, ...rowFields],
  show: (reader: DeadLetterReader, bytes: Buffer) =>
    Buffer.from(describeRow(createRow(reader, bytes, 'waiting'), Number.POSITIVE_INFINITY)),
})

/** Which entries are replayed, and how fast. */
export const prepareReplay = (
  flags: ReplayFlags,
  index: DeadLetterIndex,
  selection: Selection,
): Omit<ReplayOptions, 'calls'> => ({
  fields: selection.fields,
  where: selection.where,
  lastLine: index.lastLine,
  limit: flags.limit ?? Number.POSITIVE_INFINITY,
  rate: flags.rate === undefined ? undefined : createGcra(createLimit(flags.rate.count, flags.rate.per)),
  isWanted: (reader, bytes, number) =>
    index.stateAt(number, reader.entryBytes, reader.entryStart, reader.entryEnd) === 'waiting' &&
    selection.matches(reader, bytes),
})

type Replay = Pick<StreamJob, 'sink' | 'create' | 'killAfter' | 'killNow'>

/** Runs a replay with the manners of every run, on the file as it was opened. */
export const runReplay = (
  path: string,
  file: DeadLetterFile,
  { stage: _, ...flags }: ReplayFlags,
  replay: Replay,
): Promise<number> =>
  runStream({
    command: 'dlq replay',
    options: { ...flags, failuresIn: false, maxLine: maxFailureLine(flags.maxLine) },
    files: [path],
    // Read from the beginning, by this descriptor: the file may be replaced meanwhile.
    open: async () => ({ fd: file.fd, stats: file.stats, name: path, close: true }),
    kept: path,
    ...replay,
  })
