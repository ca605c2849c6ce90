import { chooseExitCode, exitCodes } from '../../cli/exit-codes.js'
import type { Messages } from '../../cli/messages.js'
import { failedBy } from '../../cli/stream/end-report.js'
import { chooseSink } from '../../cli/stream/failure-sinks.js'
import { createInputHint } from '../../cli/stream/input-hint.js'
import { noticeWaits } from '../../cli/stream/notices.js'
import { describeProgress, drawProgress } from '../../cli/stream/progress.js'
import { toJsonStrings, toText } from '../../cli/stream/raw-records.js'
import { endBySigpipe, onProgressAsked } from '../../cli/stream/signals.js'
import type { Resume } from '../../cli/stream/stage.js'
import { createSummary, createTally, tellSummary } from '../../cli/stream/summary.js'
import { watchEnding } from '../../cli/stream/watch-ending.js'
import { StartError, UsageError } from '../../cli/usage-error.js'
import { realClock } from '../../core/clock.js'
import { outletOf, type Run, type StopReason, startRun } from '../../core/run.js'
import { StoreError } from '../../stores/store-error.js'
import { type JobStep, listBranches } from '../file/job-step.js'
import type { Job } from '../file/read-job.js'
import { checkJobFiles } from './check-job-files.js'
import { chooseJobExit } from './choose-job-exit.js'
import { countOfAll } from './count-of-all.js'
import { driveLine, envelopeOf, messagesOf, nowhere, type StepOutfit } from './drive-step.js'
import { describeJobEnd } from './end-of-job.js'
import { findInputs } from './find-inputs.js'
import { holdLock } from './hold-lock.js'
import { type JobOutputs, openJobOutputs } from './job-outputs.js'
import { journalBehind, openJournals } from './journals.js'
import { openJobLetters } from './open-letters.js'

export type RunJobOptions = {
  readonly messages: Messages
  readonly showsProgress: boolean
  /** Whether a step that waits for long says so. */
  readonly saysWaits: boolean
  /** How journals go on where an earlier run ended, besides what their steps say. */
  readonly resume: Resume
}

/** Runs all steps in this process, between the job's input and output; gives the exit code. */
export const runJob = async (job: Job, options: RunJobOptions): Promise<number> => {
  const { steps } = job
  const { messages } = options
  const files = findInputs(job.input, job.allowEmpty)
  checkJobFiles(job, files)
  // What a shell and a script read.
  for (const [name, value] of job.variables) process.env[name] = value
  const unlock = job.lock === undefined ? () => {} : holdLock(job.lock)
  try {
    for (const step of steps) await begin(step)
    await openJournals(job, files, options.resume)
    return await drive(job, files, options)
  } finally {
    unlock()
    messages.output.close()
  }
}

const drive = async (
  job: Job,
  files: readonly string[],
  { messages, showsProgress, saysWaits }: RunJobOptions,
): Promise<number> => {
  const { steps, options } = job
  const started = realClock.now()
  const startedAt = realClock.wall()
  let run: Run | undefined
  let sinkError: StoreError | undefined
  const stop = (reason: StopReason) => run?.stop(reason)
  const letters = openJobLetters(steps, messages, error => {
    sinkError = error
    stop(failedBy(error))
  })
  const outputs = openJobOutputs(job, stop)
  const { main: output } = outputs
  const hint = createInputHint(messages)
  const tooManyFailures = countOfAll(options, () => run)
  const blamed = new Set<string>()
  const completions: (() => void)[] = []
  const tallies = steps.map(() => createTally())
  const rawInput = options.rawInput === true
  const sinks = steps.map((step, index) => {
    const sink = chooseSink(
      { command: `run: ${step.name}`, options: { ...step.stage.options, ...ofFailures(options.failures) } },
      {
        messages,
        output,
        envelope: envelopeOf(step, realClock, rawInput && index === 0),
        deadLetters: letters.of(step),
        onLost: () => stop({ why: 'failed', message: 'Cannot write failed records to standard error' }),
      },
    )
    return index === 0 ? hint.watch(sink) : sink
  })
  const outfit = (step: JobStep): StepOutfit => {
    const index = steps.indexOf(step)
    return {
      journal: journalBehind(job, step),
      failures: sinks[index] as (typeof sinks)[number],
      event: tallies[index]?.event,
      tooManyFailures,
      before: rawInput && index === 0 ? toJsonStrings(options.maxLine) : undefined,
      messages: messagesOf(step, messages),
      deadLetters: letters.of(step),
      isText: rawInput && index === 0,
      blame: () => void blamed.add(step.name),
      onComplete: taken => void completions.push(taken),
    }
  }
  const after = options.rawOutput ? toText : undefined
  run = startRun({
    files: files.map(file => (file === '-' ? undefined : file)),
    stages: driveLine(job.trunk, outfit, branch => {
      const to = outputs.of(branch)
      return to === undefined ? nowhere : outletOf(to, after)
    }),
    output,
    otherOutputs: outputs.all.slice(1),
    clock: realClock,
    maxLine: options.maxLine,
    recogniseFailures: options.failuresIn && !rawInput,
    blanks: rawInput,
    after,
  })
  const running = run
  const progress = { run: running, tallies }
  onProgressAsked(() => {
    messages.error(describeProgress(progress, realClock.now() - started, realClock.wall()))
  })
  const notices = steps.map((step, index) =>
    saysWaits
      ? noticeWaits(tallies[index] as (typeof tallies)[number], messagesOf(step, messages), realClock)
      : () => {},
  )
  const stopWatching = watchEnding(
    run,
    {
      ...options,
      killAfter: Math.max(...steps.map(({ stage }) => stage.killAfter ?? 0)),
      killNow: () => {
        for (const { stage } of steps) stage.killNow?.()
      },
    },
    outputs.all,
    messages,
    letters,
  )
  const wipeProgress = showsProgress ? drawProgress(progress, messages) : () => {}
  let reason: StopReason | undefined
  try {
    reason = await run.finished
  } finally {
    await letters.close()
    await Promise.all(outputs.all.map(one => one.flush()))
    await messages.output.flush()
    wipeProgress()
    for (const stopNotices of notices) stopNotices()
    stopWatching()
  }
  if (sinkError !== undefined) reason ??= failedBy(sinkError as StoreError)
  const { ledgers } = run
  const isComplete = (reason === undefined || reason.why === 'stopped') && outputs.areSound
  for (const one of outputs.all) one.close()
  // What a journal has is written again by the next run.
  const areWorthless = steps.some(({ stage }) => stage.journal !== undefined)
  const kept = isComplete ? [] : outputs.leave(areWorthless)
  for (const { message } of isComplete ? outputs.complete() : []) reason = { why: 'failed', message }
  if (isComplete) for (const complete of completions) complete()
  const endAsFailed = (error: unknown): void => {
    if (!(error instanceof StoreError)) throw error
    reason ??= { why: 'failed', message: error.message }
  }
  for (const { stage } of steps) {
    await stage.journal?.close().catch(endAsFailed)
    await stage.finish?.().catch(endAsFailed)
  }
  for (const [index, { name }] of steps.entries()) {
    const miscount = ledgers[index]?.findMiscount()
    if (miscount !== undefined) messages.error(`This is a bug in streamz, please report it: ${name}: ${miscount}`)
  }
  const seconds = (realClock.now() - started) / 1000
  const isClosed = reason?.why === 'closed'
  const concluded = steps.map((step, index) =>
    step.stage.conclude?.({
      ledger: ledgers[index] as (typeof ledgers)[number],
      isCut: reason !== undefined,
      isClosed,
      seconds,
      started: startedAt,
      messages: messagesOf(step, messages),
    }),
  )
  let exitCode = chooseExitCode([
    chooseJobExit({ steps, ledgers, blamed, reason, concluded }),
    messages.output.error === undefined ? exitCodes.ok.code : exitCodes.io.code,
  ])
  for (const step of steps) {
    const settled = await step.stage.outputs?.settle(exitCode, messagesOf(step, messages))
    if (settled !== undefined) exitCode = chooseExitCode([exitCode, settled])
  }
  const summary = {
    $streamz: 'job-summary/1',
    job: job.name ?? null,
    steps: steps.map((step, index) => ({
      ...createSummary({
        command: step.command,
        stage: step.name,
        ledger: ledgers[index] as (typeof ledgers)[number],
        tally: tallies[index] as (typeof tallies)[number],
        bytesIn: index === 0 ? (run?.position().bytesRead ?? 0) : 0,
        bytesOut: countWritten(job, step, outputs),
        seconds,
        exitCode,
      }),
      branch: job.branches.find(branch => branch.steps.includes(step))?.name ?? null,
    })),
    bytes_in: run.position().bytesRead,
    bytes_out: outputs.bytesWritten,
    seconds: Math.round(seconds * 1000) / 1000,
    exit_code: exitCode,
  }
  const isTold = options.summary === undefined || tellSummary(options.summary, summary, messages)
  if (exitCode !== exitCodes.closed.code) {
    hint.repeat()
    describeJobEnd({ steps, ledgers, files, reason, elsewhere: letters.elsewhere, kept, messages })
  }
  await messages.output.flush()
  if (exitCode === exitCodes.closed.code) endBySigpipe()
  return isTold ? exitCode : chooseExitCode([exitCode, exitCodes.io.code])
}

/** What is not as it must be is told with the step. */
const begin = async ({ name, stage }: JobStep): Promise<void> => {
  try {
    await stage.begin?.()
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${name}: ${error.message.replace(/^--(?=[a-z])/, '')}`)
    if (error instanceof StartError) throw new StartError(`${name}: ${error.message}`, error.exit)
    throw error
  }
}

const ofFailures = (failures: Job['options']['failures']) => (failures === undefined ? {} : { failures })

/** Bytes of the outputs that a step writes to: at the end of its line, or of branches without steps. */
const countWritten = ({ trunk }: Job, step: JobStep, outputs: JobOutputs): number => {
  const main = trunk.at(-1) === step ? outputs.main.bytesWritten : 0
  const ends = listBranches(trunk).filter(
    branch => branch.steps.at(-1) === step || (branch.steps.length === 0 && step.branches.includes(branch)),
  )
  return ends.reduce((sum, branch) => sum + (outputs.of(branch)?.bytesWritten ?? 0), main)
}
