import { isTooMany } from '../../cli/stream/failure-limits.js'
import type { Run } from '../../core/run.js'
import type { StageOptions } from '../../core/stage.js'

/** Whether more records failed in all steps together than a job allows; undefined when it allows any number. */
export const countOfAll = (
  options: Parameters<typeof isTooMany>[0],
  findRun: () => Pick<Run, 'ledger' | 'ledgers'> | undefined,
): StageOptions['tooManyFailures'] => {
  const isTooManyOfJob = isTooMany(options)
  if (isTooManyOfJob === undefined) return undefined
  return (_, isReadKnown) => {
    const run = findRun()
    if (run === undefined) return false
    const rejected = run.ledgers.reduce((sum, ledger) => sum + ledger.rejected, 0)
    return isTooManyOfJob({ rejected, read: run.ledger.read }, isReadKnown)
  }
}
