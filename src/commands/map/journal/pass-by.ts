import type { NamedStep, Shared } from '../../../cli/stream/stage.js'
import { createCondition } from '../../../core/condition.js'
import type { Line, Lines } from '../../../core/lines.js'
import type { Context, CreateProcessor, Processor } from '../../../core/processor.js'
import { findOutcome, type OpenJournal } from './book.js'
import { readFailure, writeFailure } from './outcome-text.js'

/**
 * A step before the journalled one. Records that have an outcome pass by it: they use no quota again. What it rejects is an
 * outcome as well, or each run would write that dead letter again. Only `check` sees all records: its verdict is about all of them.
 */
export const passBy =
  (find: () => OpenJournal | undefined, step: NamedStep, create: CreateProcessor<Shared>): CreateProcessor<Shared> =>
  (shared, context) => {
    const opened = find()
    if (opened === undefined) return create(shared, context)
    if (step.command === 'check') return create(shared, { ...context, reject: createReject(opened, step, context) })
    return letPass(opened, step, context, inner => create(shared, inner))
  }

/** Rejects a record, and notes that; a rejection that an earlier run has noted is not told twice. */
const createReject =
  (opened: OpenJournal, { name }: NamedStep, context: Context): Context['reject'] =>
  (line, failure, attempts) => {
    if (failure.kind === 'cancelled' && context.leave !== undefined) return context.leave(line, 1)
    const { journal, flags } = opened
    const kept = () => {
      if (!flags.inline) journal.mark('kept', line)
    }
    const found = journal.find(line)
    const isNoted = found?.word === 'failed' && readFailure(journal.read(found)).step === name
    if (isNoted) {
      opened.met++
      opened.resumed++
    } else {
      const { duration: ms = 0, attempts: count = 0 } = attempts ?? {}
      journal.note({ ...writeFailure(failure, attempts, name), line, attempts: count, ms, id: undefined }, () => {})
    }
    context.reject(line, failure, attempts, isNoted && found.isKept && !flags.inline ? 'already' : kept)
  }

const letPass = (
  opened: OpenJournal,
  step: NamedStep,
  context: Context,
  create: (context: Context) => Processor,
): Processor => {
  const { journal } = opened
  const reject = createReject(opened, step, context)
  const { until, wake } = createCondition()
  // Records that the step holds: others must not overtake them.
  let held = 0
  let givenBack = 0
  const settle = (records: number): void => {
    held -= records
    wake()
  }
  const inner = create({
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
      context.leave?.(line, records)
      settle(records)
    },
    reject(line, failure, attempts) {
      reject(line, failure, attempts)
      settle(1)
    },
    giveBack(lines) {
      givenBack = lines.length
    },
  })

  const isKnown = (lines: Lines, index: number): boolean =>
    journal.has({ number: lines.number + index, file: lines.file })

  /** Settles a record that has an outcome; false when the step has to see it: its bytes are others than they were. */
  const letBy = (line: Line, emit: () => void | Promise<void>): void | Promise<void> | false => {
    const found = findOutcome(opened, line, context)
    if (found === undefined) return false
    if (found.word !== 'failed') return emit()
    const { failure, attempts, step: failedIn } = readFailure(journal.read(found))
    if (failedIn === step.name) reject(line, failure, attempts)
    else return emit()
  }

  /** The end of the lines that pass by together, because their calls did not fail. */
  const findEnd = (lines: Lines, start: number): number => {
    let end = start
    for (; end < lines.length; end++) {
      const found = findOutcome(opened, lines.at(end), context)
      if (found === undefined || found.word === 'failed') break
    }
    return end
  }

  const isFree = (): boolean => held === 0 || context.stopping.aborted

  const push = (lines: Lines): void | Promise<void> => {
    let start = 0
    while (start < lines.length) {
      let end = start + 1
      let pushed: void | Promise<void> | false = false
      if (isKnown(lines, start)) {
        if (!isFree()) {
          context.giveBack(lines.slice(start))
          return until(isFree)
        }
        end = Math.max(end, findEnd(lines, start))
        const run = lines.slice(start, end)
        pushed = letBy(lines.at(start), () => context.emit(run))
      }
      givenBack = 0
      if (pushed === false) {
        while (end < lines.length && !isKnown(lines, end)) end++
        held += end - start
        pushed = inner.push(lines.slice(start, end))
        held -= givenBack
      }
      start = end - givenBack
      if (pushed === undefined && givenBack === 0) continue
      context.giveBack(lines.slice(start))
      return pushed
    }
  }

  context.stopping.addEventListener('abort', wake)
  return { ...inner, push }
}
