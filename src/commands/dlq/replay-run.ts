import { runStream } from '../../cli/stream/run-stream.js'
import type { ClosableSink, Stage } from '../../cli/stream/stage.js'
import { maxFailureLine } from '../../core/io/split.js'
import type { ReplayOptions } from '../../processors/replay.js'
import type { DeadLetterFile } from '../../stores/dead-letters/file.js'
import type { DeadLetterIndex } from '../../stores/dead-letters/index-file.js'
import { namedFiles } from '../map/named-files.js'
import type { MapFlags } from '../map/options.js'
import type { SelectFlags } from './select.js'

export type ReplayFlags = Omit<MapFlags, 'stage'> &
  SelectFlags & { readonly limit?: number; readonly maxReplays: number; readonly anyStage?: true }

/** What cannot be replayed stays where it is. */
export const keepInPlace = (): ClosableSink => ({
  put: (_, receipt) => receipt.delivered(1),
  flush() {},
  async close() {},
})

/** Which entries are replayed, and how fast. */
export const prepareReplay = (flags: ReplayFlags, index: DeadLetterIndex): Omit<ReplayOptions, 'calls'> => ({
  fields: [],
  where: [],
  lastLine: index.lastLine,
  limit: flags.limit ?? Number.POSITIVE_INFINITY,
  rates: [],
  recordAt: index.recordAt,
  look(number) {
    const state = index.stateAt(number)
    if (state === 'unreadable') return state
    return state === 'waiting' && index.markAt(number) > 0 ? 'wanted' : 'passed'
  },
})

type Replay = Pick<Stage, 'sink' | 'create' | 'killAfter' | 'killNow' | 'replayable'>

/** Runs a replay like any other run, on the file as it was opened. */
export const runReplay = (
  path: string,
  file: DeadLetterFile,
  { stage: _, rawInput: __, ...flags }: ReplayFlags,
  replay: Replay,
): Promise<number> =>
  runStream({
    command: 'dlq replay',
    options: { ...flags, failuresIn: false, maxLine: maxFailureLine(flags.maxLine) },
    files: [path],
    // Read from the beginning, by this descriptor: the file may be replaced meanwhile.
    open: async () => ({ fd: file.fd, stats: file.stats, name: path, close: true }),
    kept: path,
    reads: namedFiles(flags),
    writes: { '--rate-state': flags.rateState },
    ...replay,
  })
