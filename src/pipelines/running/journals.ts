import type { Resume, StageJournal } from '../../cli/stream/stage.js'
import type { JobStep } from '../file/job-step.js'
import type { Job } from '../file/read-job.js'

/** The journal of a step: of the first one behind it that has one; undefined: none has, or the step has one itself. */
export const journalBehind = ({ trunk }: Pick<Job, 'trunk'>, step: JobStep): StageJournal | undefined => {
  const index = trunk.indexOf(step)
  // No journal can be in a branch, or behind one.
  if (index === -1 || step.stage.journal !== undefined) return undefined
  return trunk.slice(index).find(({ stage }) => stage.journal !== undefined)?.stage.journal
}

/** Opens the journals of a job; those that are open are closed when another one cannot be. Throws a `UsageError` or `StoreError`. */
export const openJournals = async ({ trunk }: Job, files: readonly string[], resume: Resume): Promise<void> => {
  const opened: StageJournal[] = []
  try {
    for (const [index, { stage }] of trunk.entries()) {
      if (stage.journal === undefined) continue
      await stage.journal.open(files, trunk.slice(0, index).map(describeStep), resume)
      opened.push(stage.journal)
    }
  } catch (error) {
    for (const journal of opened) await journal.close()
    throw error
  }
}

const describeStep = ({ command, words }: JobStep): string =>
  JSON.stringify([command, words.flags.filter(isOfResult), words.operands, words.rest])

const isOfResult = (flag: string): boolean => !/^--(dlq|dlq-max|tolerate|journal|resume[\w-]*)(=|$)/.test(flag)
