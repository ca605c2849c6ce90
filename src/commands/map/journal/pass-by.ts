import type { Shared } from '../../../cli/stream/stage.js'
import { createCondition } from '../../../core/condition.js'
import type { Lines } from '../../../core/lines.js'
import type { CreateProcessor } from '../../../core/processor.js'
import { findOutcome, type OpenJournal } from './book.js'
import { readFailure, writeFailure } from './outcome-text.js'

/**
 * A step before the journalled one. Records that have an outcome pass by it: it uses no quota for them. What it rejects is an
 * outcome as well, or its dead letter would be written again by each run.
 */
export const passBy =
  (find: () => OpenJournal | undefined, name: string, create: CreateProcessor<Shared>): CreateProcessor<Shared> =>
  (shared, context) => {
    const opened = find()
    if (opened === undefined) return create(shared, context)
    const { journal, resume } = opened
    const { until, wake } = createCondition()
    // Records that the step holds: others must not overtake them.
    let held = 0
    let givenBack = 0
    const settle = (records: number): void => {
      held -= records
      wake()
    }
    const inner = create(shared, {
      ...context,
      emit(lines, records = lines.length) {
        const taken = context.emit(lines, records)
        settle(records)
        return taken
      },
      filter(records, number) {
        context.filter(records, number)
        settle(records)
      },
      leave(line, records) {
        if (context.leave === undefined) throw new Error('Records before a journal can always be left')
        context.leave(line, records)
        settle(records)
      },
      reject(line, failure, attempts) {
        settle(1)
        if (failure.kind === 'cancelled' && context.leave !== undefined) return context.leave(line, 1)
        const { duration: ms = 0, attempts: count = 0 } = attempts ?? {}
        const note = { ...writeFailure(failure, attempts, name), line, attempts: count, ms, id: undefined }
        journal.note(note, () => {})
        context.reject(line, failure, attempts, () => journal.mark('kept', line))
      },
      giveBack(lines) {
        givenBack = lines.length
      },
    })

    /** What becomes of a line here: undefined when the step has to see it. */
    const lookUp = (lines: Lines, index: number): 'pass' | 'settled' | undefined => {
      const line = lines.at(index)
      const found = findOutcome(opened, line, context)
      if (found === undefined) return undefined
      if (found.word !== 'failed') return 'pass'
      const { failure, attempts, step } = readFailure(journal.read(found))
      if (step === undefined || step !== name) return 'pass'
      opened.met++
      if (resume.resumeFailed) return undefined
      opened.resumed++
      const mark = () => journal.mark('kept', line)
      context.reject(line, failure, attempts, found.isKept && !opened.flags.inline ? 'already' : mark)
      return 'settled'
    }

    const isFree = (): boolean => held === 0 || context.stopping.aborted

    const pushFrom = (lines: Lines): void | Promise<void> => {
      for (let start = 0; start < lines.length; ) {
        const fate = isKnown(lines, start) ? lookUpHeld(lines, start) : undefined
        if (fate === 'held') return giveBackUntilFree(lines.slice(start))
        if (fate === 'settled') {
          start++
          continue
        }
        const isPassing = fate === 'pass'
        let end = start + 1
        while (end < lines.length && !isKnown(lines, end) && !isPassing) end++
        const part = lines.slice(start, end)
        givenBack = 0
        if (!isPassing) held += part.length
        const pushed = isPassing ? context.emit(part) : inner.push(part)
        if (!isPassing) held -= givenBack
        start = end - givenBack
        givenBack = 0
        if (pushed === undefined && start === end) continue
        context.giveBack(lines.slice(start))
        return pushed
      }
    }

    const isKnown = (lines: Lines, index: number): boolean =>
      journal.has({ number: lines.number + index, file: lines.file })

    const lookUpHeld = (lines: Lines, index: number) => (isFree() ? lookUp(lines, index) : 'held')

    const giveBackUntilFree = (lines: Lines): void | Promise<void> => {
      context.giveBack(lines)
      return until(isFree)
    }

    context.stopping.addEventListener('abort', wake)
    return { ...inner, push: pushFrom }
  }
