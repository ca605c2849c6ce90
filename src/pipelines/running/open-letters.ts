import type { Messages } from '../../cli/messages.js'
import { realClock } from '../../core/clock.js'
import type { DeadLetters } from '../../stores/dead-letters/append.js'
import { openRoutes } from '../../stores/dead-letters/routes.js'
import type { StoreError } from '../../stores/store-error.js'
import type { JobStep } from '../file/job-step.js'

/** The dead-letter files of a job. */
export type JobLetters = Pick<DeadLetters, 'abandon' | 'close'> & {
  of(step: JobStep): DeadLetters | undefined
  /** Failures that went to standard error in the place of their file. */
  readonly elsewhere: number
}

/** Opens each dead-letter file once, whatever number of steps keep their failures in it. */
export const openJobLetters = (
  steps: readonly JobStep[],
  messages: Messages,
  onError: (error: StoreError) => void,
): JobLetters => {
  const files = new Map<string, DeadLetters>()
  let elsewhere = 0
  for (const step of steps) {
    const path = lettersOf(step)
    if (path === undefined || files.has(keyOf(step, path))) continue
    const file = openRoutes(step.stage.routes ?? [], {
      path,
      max: step.stage.options.dlqMax,
      clock: realClock,
      warn: messages.warn,
      fallback(lines, receipt) {
        elsewhere += lines.length
        void messages.output.write(lines, lines.length, receipt)
      },
      onError,
    })
    files.set(keyOf(step, path), file)
  }
  const all = <R>(act: (file: DeadLetters) => R): R[] => [...files.values()].map(act)
  return {
    of(step) {
      const path = lettersOf(step)
      return path === undefined ? undefined : files.get(keyOf(step, path))
    },
    get elsewhere() {
      return elsewhere
    },
    abandon: () => void all(file => file.abandon()),
    async close() {
      await Promise.all(all(file => file.close()))
    },
  }
}

/** The file that takes the failures of a step. */
export const lettersOf = ({ stage }: JobStep): string | undefined => stage.deadLetters ?? stage.options.dlq

// A step with routes keeps its failures in a way of its own.
const keyOf = ({ name, stage }: JobStep, path: string): string =>
  (stage.routes ?? []).length === 0 ? path : `${path}\0${name}`
