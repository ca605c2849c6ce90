import { quoteForShell } from '../../cli/stream/end-report.js'
import type { Action, ClosableSink, SinkTools } from '../../cli/stream/stage.js'
import { realClock } from '../../core/clock.js'
import { readReplays } from '../../core/dead-letters/update.js'
import type { Path } from '../../core/json/path.js'
import type { Lines } from '../../core/lines.js'
import { createReplay } from '../../processors/replay.js'
import { type Acknowledger, createAcknowledger } from '../../stores/dead-letters/acknowledge.js'
import { openDeadLetters } from '../../stores/dead-letters/append.js'
import { openDeadLetterFile } from '../../stores/dead-letters/file.js'
import { indexDeadLetters } from '../../stores/dead-letters/index-file.js'
import { openJournal } from '../../stores/dead-letters/journal.js'
import { takeReplayLock } from '../../stores/dead-letters/replay-lock.js'
import { chooseMode, prepareMap } from '../map/job.js'
import type { Mode } from '../map/modes/mode.js'
import { count, tellDamage } from './entries.js'
import { keepInPlace, prepareReplay, type ReplayFlags, runReplay } from './replay-run.js'
import { createSelection } from './select.js'

/** A call for each entry, as `map` makes it; what becomes of each is written down. The action throws a StoreError when another replay runs. */
export const replayCalls = (path: string, flags: ReplayFlags, rest: readonly string[] | undefined): Action => {
  const mode = chooseMode({ ...flags, id: idOfEntry }, rest, `dlq replay ${quoteForShell(path)}`)
  return () => runCalls(path, flags, mode)
}

const runCalls = async (path: string, flags: ReplayFlags, mode: Mode): Promise<number> => {
  mode.begin?.()
  const release = flags.dryRun ? () => {} : takeReplayLock(path, realClock)
  try {
    const file = await openDeadLetterFile(path, flags)
    const index = await indexDeadLetters(file)
    const options = prepareReplay(flags, index, createSelection(flags))
    const createCalls = prepareMap(mode, flags, { keepsFailures: true })
    const book = flags.dryRun ? undefined : openBook(path, flags)
    return await runReplay(path, file, flags, {
      sink: book?.open ?? keepInPlace,
      create(shared, context) {
        tellDamage(path, index, shared)
        const calls = book?.acknowledger()
        if (calls === undefined) {
          const passive = { begin() {}, emitted() {}, create: () => createCalls(shared, context) }
          return createReplay({ ...options, calls: passive }, context)
        }
        shared.watch(calls.results)
        const id = (line: { readonly number: number }) => calls.id(line.number) ?? `line-${line.number}`
        const isText = (line: { readonly number: number }) => flags.rawInput === true || calls.isText(line.number)
        return createReplay(
          {
            ...options,
            fields: [...options.fields, 'replays'],
            isWanted: (reader, bytes, number) =>
              options.isWanted(reader, bytes, number) &&
              (readReplays(reader, bytes) < flags.maxReplays || calls.park(reader, bytes)),
            calls: {
              begin: calls.begin,
              emitted: calls.emitted,
              create: inner => createCalls({ ...shared, id, isText }, inner),
            },
          },
          context,
        )
      },
      killAfter: flags.killAfter,
      killNow: mode.killNow,
    })
  } finally {
    release()
  }
}

// Every entry has an id, which takes the place of `--id`: a mode that asks for one may rely on it.
const idOfEntry: Path = { text: '.id', segments: ['id'] }

/** Opens the file and its journal to write down what becomes of entries, with the run's messages. */
const openBook = (path: string, flags: ReplayFlags) => {
  let acknowledger: Acknowledger | undefined
  const open = ({ messages, fail }: SinkTools): ClosableSink => {
    const entries = openDeadLetters({
      path,
      asTheyAre: true,
      max: flags.dlqMax,
      clock: realClock,
      warn: messages.warn,
      fallback: (lines: Lines, receipt) => void messages.output.write(lines, lines.length, receipt),
      onError: fail,
    })
    const journal = openJournal(path, { clock: realClock, warn: messages.warn, onError: fail })
    const made = createAcknowledger({ entries, journal, maxReplays: flags.maxReplays, clock: realClock })
    acknowledger = made
    return {
      put: made.failed,
      async flush() {
        await Promise.all([entries.flush(), journal.flush()])
      },
      async close() {
        await entries.close()
        await journal.close()
        if (made.parked > 0) {
          messages.warn(
            `${count(made.parked, 'entry')} failed in ${flags.maxReplays} replays and are parked; back with: streamz dlq unpark ${quoteForShell(path)}`,
          )
        }
      },
    }
  }
  return { open, acknowledger: () => acknowledger }
}
