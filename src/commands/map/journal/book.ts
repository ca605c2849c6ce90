import { exitCodes } from '../../../cli/exit-codes.js'
import type { Resume, Shared } from '../../../cli/stream/stage.js'
import type { Line } from '../../../core/lines.js'
import type { Context } from '../../../core/processor.js'
import type { Book } from '../../../processors/map/book.js'
import type { CallJournal } from '../../../stores/journal/call-journal.js'
import type { FoundOutcome } from '../../../stores/journal/outcomes.js'
import type { MapFlags } from '../options.js'
import { readOutcome, writeOutcome } from './outcome-text.js'

/** A journal in a run. */
export type OpenJournal = {
  readonly journal: CallJournal
  readonly flags: MapFlags
  readonly resume: Resume
  /** The step that it belongs to. */
  readonly step: string
  readonly path: string
  /** How many lines had an outcome at the start, how many of these came, and how many of them were not called again. */
  readonly size: number
  met: number
  resumed: number
}

/** Keeps the outcomes of calls in the journal. */
export const createBook = (opened: OpenJournal, shared: Shared, context: Context): Book => {
  const { journal, flags, resume } = opened
  return {
    recall(line) {
      const found = findOutcome(opened, line, context)
      if (found === undefined) return undefined
      opened.met++
      if (found.word === 'failed' && resume.resumeFailed) return undefined
      opened.resumed++
      const kept = found.isKept && !flags.inline ? 'already' : undefined
      return readOutcome({ word: found.word, result: journal.read(found) }, line, kept)
    },
    recallRun(lines) {
      const results = journal.readRun(lines)
      opened.met += results.length
      opened.resumed += results.length
      return results
    },
    note(line, outcome, attempts, written) {
      if ('failure' in outcome && outcome.failure.kind === 'cancelled') return written()
      const tried = 'failure' in outcome ? outcome.attempts : attempts
      const id = flags.id === undefined ? undefined : shared.id(line)
      const { word, result } = writeOutcome(outcome)
      // Spread out of the one into the other, these would cost more than all the rest.
      journal.note({ word, result, line, attempts: tried?.attempts ?? 0, ms: tried?.duration ?? 0, id }, written)
    },
    awaitKept(line, count) {
      let left = count
      return () => {
        if (--left === 0 && !flags.inline) journal.mark('kept', line)
      }
    },
    end() {
      context.event('told', { resumed: opened.resumed })
      if (context.stopping.aborted || journal.isAdopted || opened.met >= opened.size) return
      stopAsOther(
        opened,
        context,
        `the input ended, but the journal has outcomes of ${opened.size - opened.met} more lines`,
      )
    },
  }
}

/** The outcome of a line, if it is that of the same bytes; of others the run is stopped, or they are called. */
export const findOutcome = (opened: OpenJournal, line: Line, context: Context): FoundOutcome | undefined => {
  const { journal, resume } = opened
  const found = journal.find(line)
  if (found === undefined || journal.isOf(found, line)) return found
  if (!resume.resumeAnyway && !context.stopping.aborted) {
    const place = line.file === undefined ? `line ${line.number}` : `${line.file}:${line.number}`
    stopAsOther(opened, context, `${place} of the input differs`)
  }
  return undefined
}

const stopAsOther = ({ path }: OpenJournal, context: Context, what: string): void =>
  context.stop({
    exit: exitCodes.usage.code,
    message: `--journal ${path} was written for another input: ${what}; use another journal, or --resume-anyway to keep the results of equal lines`,
  })
