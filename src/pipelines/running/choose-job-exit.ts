import { chooseExitCode, exitCodeOf, exitCodes } from '../../cli/exit-codes.js'
import { isTolerated } from '../../cli/stream/failure-limits.js'
import type { Ledger } from '../../core/ledger.js'
import type { StopReason } from '../../core/run.js'
import type { JobStep } from '../file/job-step.js'

export type JobEnding = {
  readonly steps: readonly JobStep[]
  readonly ledgers: readonly Ledger[]
  /** Steps in which something is wrong that no record has to do with. */
  readonly blamed: ReadonlySet<string>
  readonly reason: StopReason | undefined
  /** What steps say themselves in the place of `tolerate`. */
  readonly concluded?: readonly (readonly number[] | undefined)[]
}

/** The one exit code of all steps. */
export const chooseJobExit = ({ steps, ledgers, blamed, reason, concluded }: JobEnding): number =>
  chooseExitCode([
    reason === undefined ? exitCodes.ok.code : exitCodeOf(reason),
    ...steps.flatMap(({ name, stage }, index) => {
      const ledger = ledgers[index]
      if (ledger === undefined) return []
      const taken = stage.deadLetters === undefined ? 0 : ledger.upstream
      const isGood = isTolerated(stage.options, taken, ledger)
      return [
        ...(concluded?.[index] ?? [isGood ? exitCodes.ok.code : exitCodes.failures.code]),
        blamed.has(name) ? exitCodes.failures.code : exitCodes.ok.code,
        ledger.findMiscount() === undefined ? exitCodes.ok.code : exitCodes.io.code,
      ]
    }),
  ])
