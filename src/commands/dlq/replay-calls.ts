import { chooseExitCode, exitCodes } from '../../cli/exit-codes.js'
import { prepareServers } from '../../cli/servers/prepare.js'
import { quoteForShell } from '../../cli/stream/end-report.js'
import { isWithin } from '../../cli/stream/failure-limits.js'
import type { Action, ClosableSink, SinkTools } from '../../cli/stream/stage.js'
import { realClock } from '../../core/clock.js'
import type { Path } from '../../core/json/path.js'
import type { Lines } from '../../core/lines.js'
import type { Context } from '../../core/processor.js'
import { createReplay } from '../../processors/replay.js'
import { type Acknowledger, createAcknowledger } from '../../stores/dead-letters/acknowledge.js'
import { openDeadLetters } from '../../stores/dead-letters/append.js'
import { openDeadLetterFile } from '../../stores/dead-letters/file.js'
import { indexDeadLetters } from '../../stores/dead-letters/index-file.js'
import { openJournal } from '../../stores/dead-letters/journal.js'
import { type ReplayLock, takeReplayLock } from '../../stores/dead-letters/replay-lock.js'
import { resolveLink } from '../../stores/files/resolve-link.js'
import { chooseMode, prepareMap } from '../map/job.js'
import type { Mode } from '../map/modes/mode.js'
import { tellDamage } from './entries.js'
import { keepInPlace, prepareReplay, type ReplayFlags, runReplay } from './replay-run.js'
import { createSelection } from './select.js'
import { createStages, refuseSeveralStages } from './stages.js'
import { countParked, tellParked } from './tell-parked.js'

/** A call for each entry, as `map` makes it; the outcome of each is written down. The action throws a StoreError when another replay runs. */
export const replayCalls = (path: string, flags: ReplayFlags, rest: readonly string[] | undefined): Action => {
  const mode = chooseMode({ ...flags, id: idOfEntry }, rest, `dlq replay ${quoteForShell(path)}`)
  return () => runCalls(resolveLink(path), flags, mode)
}

const runCalls = async (path: string, flags: ReplayFlags, mode: Mode): Promise<number> => {
  mode.begin?.()
  const servers = prepareServers(flags, { '--rate-state': flags.rateState })
  await servers.connect()
  const lock = flags.dryRun ? undefined : takeReplayLock(path, realClock)
  try {
    const file = await openDeadLetterFile(path, flags)
    const stages = createStages(createSelection(flags), flags.maxReplays)
    const index = await indexDeadLetters(file, stages)
    const called = stages.count(index)
    if (!flags.anyStage) refuseSeveralStages(path, called)
    const parkedBefore = countParked(index)
    const options = prepareReplay(flags, index)
    const createCalls = prepareMap(mode, flags, { keepsFailures: true })
    const book = lock === undefined ? undefined : openBook(path, flags, lock, parkedBefore)
    const code = await runReplay(path, file, flags, {
      sink: book?.open ?? keepInPlace,
      create(shared, context) {
        servers.tellRisks(shared.messages.warn)
        tellDamage(path, index, shared)
        const calls = book?.acknowledger()
        if (calls === undefined || lock === undefined) {
          const passive = { begin() {}, emitted() {}, filtered() {}, create: () => createCalls(shared, context) }
          return createReplay({ ...options, calls: passive }, context)
        }
        shared.watch(calls.results)
        const id = (line: { readonly number: number }) => calls.id(line.number) ?? `line-${line.number}`
        const isText = (line: { readonly number: number }) => flags.rawInput === true || calls.isText(line.number)
        const mayCall = askLock(path, lock, context)
        return createReplay(
          {
            ...options,
            isWanted(number, bytes) {
              const replays = stages.replaysAt(index, number)
              if (replays < flags.maxReplays) return true
              calls.park(bytes, replays)
              return false
            },
            calls: {
              begin: (number, bytes) => calls.begin(number, bytes, stages.replaysAt(index, number)),
              emitted: calls.emitted,
              filtered: calls.filtered,
              create: inner => createCalls({ ...shared, id, isText, mayCall }, book?.watchEnd(inner) ?? inner),
            },
          },
          context,
        )
      },
      replayable: () => book === undefined || book.left() > 0,
      killAfter: flags.killAfter,
      killNow: mode.killNow,
    })
    if (lock === undefined) return code
    const total = parkedBefore + [...called.values()].reduce((sum, number) => sum + number, 0)
    const isBad =
      index.damaged + index.other > 0 || !isWithin(flags.tolerate, parkedBefore + (book?.failures() ?? 0), total)
    return chooseExitCode([code, isBad ? exitCodes.failures.code : exitCodes.ok.code])
  } finally {
    lock?.release()
  }
}

// Every entry has an id, which takes the place of `--id`: a mode that asks for one may rely on it.
const idOfEntry: Path = { text: '.id', segments: ['id'] }

/** Whether calls may still be made: after this process was suspended, another one may have taken over the replay. */
const askLock = (path: string, lock: ReplayLock, context: Context) => (): boolean => {
  if (lock.stillMine()) return true
  context.stop({
    exit: exitCodes.temporary.code,
    message: `Another process took over the replay of ${path} while this one was suspended; no more calls are made`,
  })
  return false
}

/** Opens the file and its journal to write down the outcome of entries, with the run's messages. */
const openBook = (path: string, flags: ReplayFlags, lock: ReplayLock, parkedBefore: number) => {
  let acknowledger: Acknowledger | undefined
  let isHeldUp = false
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
        if (!isHeldUp && lock.stillMine()) made.charge()
        await journal.close()
        tellParked(path, parkedBefore, made.parked, messages)
      },
    }
  }
  return {
    open,
    acknowledger: () => acknowledger,
    failures: () => acknowledger?.failures ?? 0,
    /** How many failed and may be replayed again. */
    left: () => (acknowledger?.failures ?? 0) - (acknowledger?.parked ?? 0),
    /** A run that ends because the other side is down, or asks to wait, uses up no replays. */
    watchEnd: (context: Context): Context => ({
      ...context,
      stop(asked) {
        isHeldUp ||= asked?.exit === exitCodes.temporary.code
        context.stop(asked)
      },
    }),
  }
}
