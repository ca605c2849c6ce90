import { hostname } from 'node:os'
import type { Messages } from '../../cli/messages.js'
import { readId } from '../../cli/stream/raw-records.js'
import type { Shared, StageJournal } from '../../cli/stream/stage.js'
import type { Clock } from '../../core/clock.js'
import { createEnvelope, hashId, type Rejected } from '../../core/envelope.js'
import type { Receipt } from '../../core/io/output.js'
import type { Outlet, StageOptions } from '../../core/stage.js'
import type { DeadLetters } from '../../stores/dead-letters/append.js'
import { type JobBranch, type JobStep, takesAll } from '../file/job-step.js'

export type StepOutfit = Pick<StageOptions, 'failures' | 'event' | 'tooManyFailures' | 'before'> &
  Pick<Shared, 'rehearsal'> & {
    readonly messages: Messages
    readonly deadLetters: DeadLetters | undefined
    /** That of a later step, which records that have an outcome go to at once. */
    readonly journal?: StageJournal | undefined
    /** Only the first step sees lines of text. */
    readonly isText: boolean
    blame(): void
    /** Is given what a step does when the output of the job is complete: then all its results were taken. */
    onComplete?(taken: () => void): void
  }

/** A step as one of the stages of a run. */
const driveStep = ({ name, command, stage }: JobStep, outfit: StepOutfit): StageOptions => {
  const { failures, event, tooManyFailures, before, messages, deadLetters, blame, rehearsal } = outfit
  const { id: path } = stage.options
  return {
    failures,
    event,
    tooManyFailures,
    before,
    create(context, ledger) {
      const shared: Shared = {
        messages,
        id: path === undefined ? hashId : readId(path),
        isText: () => outfit.isText,
        blame,
        deadLetters,
        taken: ledger.good,
        keptUpstream: ledger.passing,
        watch: (results: Receipt, taken?: () => void) => {
          ledger.watcher = results
          if (taken !== undefined) outfit.onComplete?.(taken)
        },
        ...(rehearsal === undefined ? {} : { rehearsal }),
      }
      const create = outfit.journal?.passBy({ name, command }, stage.create) ?? stage.create
      return create(shared, context)
    },
  }
}

/** Steps one behind the other, with their branches, as the stages of a run. */
export const driveLine = (
  line: readonly JobStep[],
  outfit: (step: JobStep) => StepOutfit,
  outlet: (branch: JobBranch) => Outlet,
): readonly StageOptions[] =>
  line.map(step => ({
    ...driveStep(step, outfit(step)),
    branches: step.branches
      .filter(({ end, steps }) => end.kind !== 'drop' || steps.length > 0)
      .map(branch => ({ stages: driveLine(branch.steps, outfit, outlet), outlet: outlet(branch) })),
    passesNone: takesAll(step) !== undefined,
  }))

/** Takes whatever comes: what a step made of records that are then dropped. */
export const nowhere: Outlet = {
  isFull: false,
  accept: (lines, records, from) => from.good.delivered(records, lines.length),
  pass() {},
}

/** Failure records of a step; what it takes to make them is loaded with the first one. */
export const envelopeOf = (
  { name, stage }: JobStep,
  clock: Clock,
  rawInput: boolean,
): ((rejected: Rejected) => Buffer) => {
  const { id } = stage.options
  let create: ReturnType<typeof createEnvelope> | undefined
  return rejected => {
    create ??= createEnvelope({
      stage: { command: stage.command, name },
      host: hostname(),
      pid: process.pid,
      clock,
      id: id === undefined ? hashId : readId(id),
      rawInput,
    })
    return create(rejected)
  }
}

/** Messages of a step: they name it. */
export const messagesOf = ({ name }: JobStep, messages: Messages): Messages => ({
  output: messages.output,
  isTerminal: messages.isTerminal,
  alarm: messages.alarm,
  error: text => messages.error(`${name}: ${text}`),
  warn: text => messages.warn(`${name}: ${text}`),
  note: text => messages.note(`${name}: ${text}`),
})
