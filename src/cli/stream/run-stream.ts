import { fstatSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { realClock } from '../../core/clock.js'
import { createEnvelope, hashId, type Rejected } from '../../core/envelope.js'
import type { FailureFacts } from '../../core/failure.js'
import { Output, type Receipt } from '../../core/io/output.js'
import { describeSystemError } from '../../core/io/system-error.js'
import { isTerminal } from '../../core/io/terminal.js'
import { findLastWords } from '../../core/last-words.js'
import { type Run, type StopReason, startRun } from '../../core/run.js'
import type { FailureSink } from '../../core/stage.js'
import { openRoutes } from '../../stores/dead-letters/routes.js'
import { StoreError } from '../../stores/store-error.js'
import { chooseExitCode, exitCodeOf, exitCodes } from '../exit-codes.js'
import { createMessages } from '../messages.js'
import { UsageError } from '../usage-error.js'
import { checkFiles } from './check-files.js'
import { describeEnd, failedBy, quoteForShell } from './end-report.js'
import { isTolerated, isTooMany } from './failure-limits.js'
import { chooseSink, noteEvidence } from './failure-sinks.js'
import { createInputHint } from './input-hint.js'
import { describeWaited, noticeWaits } from './notices.js'
import { canDraw, describeProgress, drawProgress } from './progress.js'
import { readId, toJsonStrings, toText } from './raw-records.js'
import { endBySigpipe, onProgressAsked } from './signals.js'
import type { Stage } from './stage.js'
import { createSummary, createTally, tellSummary } from './summary.js'
import { watchEnding } from './watch-ending.js'

/** Runs a processor between standard input and output, with the common handling of failures; returns the exit code. */
export const runStream = async (job: Stage): Promise<number> => {
  const { command, options } = job
  refuseTerminal(job)
  const messages = createMessages(command, options.color, options.quiet === true)
  checkFiles({
    files: job.files,
    reads: job.reads ?? {},
    writes: { '--summary': options.summary },
    stores: { ...job.writes, '--dlq': options.dlq, '--to': job.deadLetters, ...nameRoutes(job) },
    keeps: job.kept,
  })
  await job.begin?.()
  await job.journal?.open(job.files, [], {})
  const started = realClock.now()
  const startedAt = realClock.wall()
  let run: Run | undefined
  let sinkError: StoreError | undefined
  // Failures that the dead-letter file has not taken.
  let elsewhere = 0
  const output = new Output(1, ({ kind, error }) => {
    // The code that gave up on the reader has already ended the run with its own reason.
    if (kind === 'abandoned') return
    const message = `Cannot write standard output: ${describeSystemError(error, 'folder')}`
    run?.stop(kind === 'closed' ? { why: 'closed' } : { why: 'failed', message })
  })
  const id = options.id === undefined ? hashId : readId(options.id)
  // Most runs have no failure: its scanner and the name of the host cost 1 ms of a start.
  let createdEnvelope: ReturnType<typeof createEnvelope> | undefined
  const envelope = (rejected: Rejected): Buffer => {
    createdEnvelope ??= createEnvelope({
      stage: { command, name: options.stage },
      host: hostname(),
      pid: process.pid,
      clock: realClock,
      id,
      rawInput: options.rawInput === true,
    })
    return createdEnvelope(rejected)
  }
  const onSinkError = (error: StoreError) => {
    sinkError = error
    run?.stop(failedBy(error))
  }
  const path = job.deadLetters ?? options.dlq
  const deadLetters =
    path === undefined
      ? undefined
      : openRoutes(job.routes ?? [], {
          path,
          max: options.dlqMax,
          clock: realClock,
          warn: messages.warn,
          fallback(lines, receipt) {
            elsewhere += lines.length
            void messages.output.write(lines, lines.length, receipt)
          },
          onError: onSinkError,
        })
  const sink = job.sink?.({ messages, fail: onSinkError })
  const hint = createInputHint(messages)
  // Read at the end: most failures are not the last.
  let evidence: FailureFacts = {}
  const noteLast = (to: FailureSink) =>
    noteEvidence(to, facts => {
      evidence = facts
    })
  const failures =
    sink ??
    hint.watch(
      noteLast(
        chooseSink(job, {
          messages,
          output,
          envelope,
          deadLetters,
          onLost: () => run?.stop({ why: 'failed', message: 'Cannot write failed records to standard error' }),
        }),
      ),
    )
  const tally = createTally()
  let isBlamed = false
  const running = startRun({
    files: job.files.length === 0 ? [undefined] : job.files.map(file => (file === '-' ? undefined : file)),
    open: job.open,
    together: job.together,
    stages: [
      {
        create: (context, ledger) => {
          const watch = (results: Receipt, taken?: () => void) => {
            ledger.watcher = results
            output.onTaken = taken
          }
          const isText = () => options.rawInput === true
          const blame = () => {
            isBlamed = true
          }
          const { good: taken, passing: keptUpstream } = ledger
          return job.create({ messages, id, isText, blame, deadLetters, taken, keptUpstream, watch }, context)
        },
        failures,
        event: tally.event,
        tooManyFailures: isTooMany(options),
        before: options.rawInput ? toJsonStrings(options.maxLine) : undefined,
      },
    ],
    output,
    clock: realClock,
    maxLine: options.maxLine,
    recogniseFailures: options.failuresIn && options.rawInput !== true,
    blanks: options.rawInput === true,
    after: options.rawOutput ? toText : undefined,
  })
  run = running
  const progress = { run: running, tallies: [tally] }
  onProgressAsked(() => {
    messages.error(describeProgress(progress, realClock.now() - started, realClock.wall()))
  })
  const stopWatching = watchEnding(
    run,
    { ...options, killAfter: job.killAfter, killNow: job.killNow },
    [output],
    messages,
    deadLetters,
  )
  const showProgress = options.progress ?? (canDraw(messages) && !mayBeShown(1) && options.quiet !== true)
  const stopNotices =
    canDraw(messages) || showProgress || options.quiet === true ? () => {} : noticeWaits(tally, messages, realClock)
  const wipeProgress = showProgress ? drawProgress(progress, messages) : () => {}
  let reason: StopReason | undefined
  try {
    reason = await run.finished
  } finally {
    await sink?.close()
    await deadLetters?.close()
    await output.flush()
    await closeJournal(job.journal, onSinkError)
    await job.finish?.().catch((error: unknown) => {
      if (!(error instanceof StoreError)) throw error
      onSinkError(error)
    })
    await messages.output.flush()
    wipeProgress()
    stopNotices()
    stopWatching()
  }
  if (sinkError !== undefined) reason ??= failedBy(sinkError as StoreError)
  const { ledger } = run
  const miscount = ledger.findMiscount()
  if (miscount !== undefined) messages.error(`This is a bug in streamz, please report it: ${miscount}`)
  const taken = job.deadLetters === undefined ? 0 : ledger.upstream
  const seconds = (realClock.now() - started) / 1000
  const isClosed = reason?.why === 'closed'
  const isCut = reason !== undefined
  const codes = [
    miscount === undefined ? exitCodes.ok.code : exitCodes.io.code,
    reason === undefined ? exitCodes.ok.code : exitCodeOf(reason),
    messages.output.error !== undefined ? exitCodes.io.code : exitCodes.ok.code,
    isBlamed ? exitCodes.failures.code : exitCodes.ok.code,
    ...(job.conclude?.({ ledger, isCut, isClosed, seconds, started: startedAt, messages }) ?? [
      isTolerated(options, taken, ledger) ? exitCodes.ok.code : exitCodes.failures.code,
    ]),
  ]
  const known = chooseExitCode(codes)
  const exitCode = chooseExitCode([known, (await job.outputs?.settle(known, messages)) ?? exitCodes.ok.code])
  const summary = createSummary({
    command,
    stage: options.stage,
    ledger,
    tally,
    bytesIn: run.position().bytesRead,
    bytesOut: output.bytesWritten + (job.outputs?.bytesWritten ?? 0),
    seconds,
    exitCode,
  })
  const summaryFailed = options.summary !== undefined && !tellSummary(options.summary, summary, messages)
  if (exitCode !== exitCodes.closed.code) {
    // Entries that a replay skips are not records that could have failed.
    const records = job.sink === undefined ? ledger.read : ledger.read - ledger.filtered
    hint.repeat()
    const kept = describeKept(job, path)
    const replayable = job.replayable?.() ?? true
    const lastWords = findLastWords(evidence.stderr, evidence.output)
    // What a processor stops for says what was waited for.
    if (tally.waiting !== undefined && reason !== undefined && reason.why !== 'processor')
      messages.warn(describeWaited(tally.waiting, tally.waitedFor(tally.waiting.what), realClock.now() - started))
    describeEnd({ reason, ledger, records, elsewhere, taken, kept, replayable, lastWords, messages })
  }
  await messages.output.flush()
  output.close()
  messages.output.close()
  if (exitCode === exitCodes.closed.code) endBySigpipe()
  return summaryFailed ? chooseExitCode([exitCode, exitCodes.io.code]) : exitCode
}

const closeJournal = async (journal: Stage['journal'], onError: (error: StoreError) => void): Promise<void> => {
  try {
    await journal?.close()
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    onError(error)
  }
}

const nameRoutes = ({ routes = [] }: Stage) => Object.fromEntries(routes.map(({ path }) => [`--route …:${path}`, path]))

const describeKept = (job: Stage, path: string | undefined): readonly string[] => {
  if (job.kept !== undefined) return [job.kept]
  return path === undefined ? [] : [path, ...new Set(job.routes?.map(route => route.path))]
}

// What goes into a pipe may come out on the same terminal, at the end of the pipeline: a picture would be torn.
const mayBeShown = (fd: number): boolean => {
  const stats = fstatSync(fd)
  return isTerminal(fd) || stats.isFIFO() || stats.isSocket()
}

/** At a prompt with nothing piped in, waiting for typed records would look like hanging. */
const refuseTerminal = ({ command, files, rest = [] }: Stage): void => {
  if (files.length > 0 || !isTerminal(0)) return
  const words = rest.map(quoteForShell)
  const misplaced = rest.findIndex((word, index) => index > 0 && statSync(word, { throwIfNoEntry: false })?.isFile())
  if (misplaced !== -1) {
    const others = words.filter((_, index) => index !== misplaced)
    throw new UsageError(
      `Nothing is piped in and no FILE was given; everything after -- belongs to the command\n\nPut a FILE before it: streamz ${command} ${words[misplaced]} -- ${others.join(' ')}`,
    )
  }
  throw new UsageError(
    `Nothing is piped in and no FILE was given\n\nGive it records: streamz ${command} … < records.ndjson, or - to type them`,
  )
}
