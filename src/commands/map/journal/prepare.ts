import { exitCodes } from '../../../cli/exit-codes.js'
import type { Resume, Shared, StageJournal } from '../../../cli/stream/stage.js'
import { UsageError } from '../../../cli/usage-error.js'
import { realClock } from '../../../core/clock.js'
import type { Context } from '../../../core/processor.js'
import type { Book } from '../../../processors/map/book.js'
import { type ReplayLock, takeReplayLock } from '../../../stores/dead-letters/replay-lock.js'
import { resolveLink } from '../../../stores/files/resolve-link.js'
import { type CallJournal, openCallJournal, resultsOf } from '../../../stores/journal/call-journal.js'
import type { StoreError } from '../../../stores/store-error.js'
import type { MapFlags } from '../options.js'
import { createBook, type OpenJournal } from './book.js'
import { hashCall, hashInput, listDifferences } from './fingerprint.js'
import { isResuming } from './options.js'
import { passBy } from './pass-by.js'
import { findKept, markReplaced } from './replaced-letters.js'

/** The journal of a step that makes calls. */
export type MapJournal = StageJournal & {
  /** For a run that has opened it; undefined in one that writes nothing. */
  createBook(shared: Shared, context: Context): Book | undefined
}

/** What `--journal` and the flags beside it ask for; undefined without. */
export const prepareJournal = (
  flags: MapFlags,
  rest: readonly string[] | undefined,
  command: string,
): MapJournal | undefined => {
  if (flags.journal === undefined || flags.dryRun) return undefined
  const path = flags.journal
  const step = flags.stage ?? command
  let opened: (OpenJournal & { readonly lock: ReplayLock | undefined }) | undefined
  const warnings: string[] = []
  let warn = (message: string): void => void warnings.push(message)
  let stop = (_: StoreError): void => {}

  const open = async (files: readonly string[], before: readonly string[], asked: Resume): Promise<void> => {
    const resume: Resume = {
      ...(asked.resumeAnyway || flags.resumeAnyway ? { resumeAnyway: true } : {}),
      ...(asked.resumeFailed || flags.resumeFailed ? { resumeFailed: true } : {}),
      ...(asked.resume || flags.resume ? { resume: true } : {}),
    }
    const wanted = { call: hashCall(flags, rest, before), input: hashInput(files) }
    const journal = openCallJournal({
      path: resolveLink(path),
      clock: realClock,
      wanted,
      warn: message => warn(message),
      onError: error => stop(error),
    })
    let lock: ReplayLock | undefined
    try {
      if (journal.before !== undefined) goOn(journal, wanted, resume)
      if (flags.dlq !== undefined) {
        if (resume.resumeFailed) lock = takeReplayLock(resolveLink(flags.dlq), realClock)
        await findKept(journal, { dlq: resolveLink(flags.dlq), step })
      }
    } catch (error) {
      lock?.release()
      await journal.close()
      throw error
    }
    opened = { journal, flags, resume, step, path, met: 0, resumed: 0, size: journal.size, lock }
  }

  const goOn = (journal: CallJournal, wanted: Parameters<typeof listDifferences>[1], resume: Resume): void => {
    if (!isResuming(resume)) {
      throw new UsageError(
        `--journal ${path} has the outcomes of an earlier run: add --resume to go on with it, or remove it and ${resultsOf(path)} to start again`,
      )
    }
    const differences = journal.before === undefined ? [] : listDifferences(journal.before, wanted)
    if (differences.length > 0 && !resume.resumeAnyway) {
      throw new UsageError(
        `--journal ${path} was written by another run: ${differences.join(', ')}; use another journal, or --resume-anyway to keep its results`,
      )
    }
    if (resume.resumeAnyway) journal.adopt()
  }

  return {
    path,
    open,
    passBy: (earlier, create) => passBy(() => opened, earlier, create),
    createBook(shared, context) {
      if (opened === undefined) return undefined
      warn = shared.messages.warn
      for (const message of warnings.splice(0)) warn(message)
      stop = error =>
        context.stop({
          exit: error.code === 'busy' ? exitCodes.temporary.code : exitCodes.io.code,
          message: `Cannot write down what was done: ${error.message}`,
        })
      return createBook(opened, shared, context)
    },
    async close() {
      if (opened === undefined) return
      const { journal, lock } = opened
      opened = undefined
      try {
        if (flags.dlq !== undefined) await markReplaced(journal, { dlq: resolveLink(flags.dlq), step })
      } finally {
        lock?.release()
        await journal.close()
      }
    },
  }
}
