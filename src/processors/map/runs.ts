import type { RecordContext } from '../../calls/attempts/attempt.js'
import { GaveUp } from '../../calls/attempts/gave-up.js'
import type { Result } from '../../calls/call.js'
import type { Silence } from '../../calls/silence.js'
import type { RunSink } from '../../calls/worker/runs.js'
import type { Workers } from '../../calls/worker/workers.js'
import { createCondition } from '../../core/condition.js'
import { type Attempts, Failure } from '../../core/failure.js'
import type { Line, Lines } from '../../core/lines.js'
import type { Context, CreateProcessor, Processor } from '../../core/processor.js'
import { Queue } from '../../core/queue.js'
import { refuseLongLines } from './long-lines.js'
import { replace } from './shape.js'
import { stopIfFatal } from './stop-if-fatal.js'

export type RunsOptions = {
  /** Makes the workers, which tell when they may have room. */
  readonly start: (onRoom: () => void) => Workers
  readonly order: 'input' | 'completion'
  /** Records read and not settled, at most. */
  readonly window: number
  /** Bytes of a line that the next stage still reads. */
  readonly maxLine: number
  readonly id: (line: Line) => string
  /** Notified of records that workers get and answer. */
  readonly silence?: Silence | undefined
  readonly createSlow: CreateSlow
}

/** A call per record, by the same workers: for when they ask to be left alone for a while. */
export type SlowWay = {
  readonly processor: Processor
  /** Calls a record again that was refused, when its time has come; undefined when it is not to be called again. */
  refused(line: Line, failure: Failure, record: RecordContext): Promise<Result> | undefined
}

export type CreateSlow = (context: Context) => SlowWay

/**
 * A worker for each record, as `createMap` with a worker's call would do it, but in runs of neighbouring records: to look after
 * each by itself costs more than most workers take. After a refusal the usual way goes on where this one has come to.
 */
export const createRuns: CreateProcessor<RunsOptions> = (options, context) => {
  const { order, window, maxLine, silence } = options
  const { clock } = context
  // Read and not given to a worker, in order.
  const waiting = new Queue<Lines>()
  // Those whose answers are not all on their way, in the order of the input.
  const runs = new Queue<Run>()
  const ready = new Queue<Piece>()
  const doubts = new Map<Promise<Failure | undefined>, Piece[]>()
  // Refused ones that wait when the run is cut.
  const cut: Piece[] = []
  let slow: SlowWay | undefined
  let isFeeding = false
  let isHandingOver = false
  let count = 0
  let unsettled = 0
  let waitingCount = 0
  // Answered, and they may turn out to be worth nothing: they take no place from others.
  let doubtful = 0
  // Records that workers have, and the last one that was called: a cut run goes on behind it.
  let running = 0
  let last = -1
  let publishing = false
  const { until, wake } = createCondition()

  const begin = (lines: Lines): Run => {
    const run = new Run(lines, count, owner)
    count += lines.length
    running += lines.length
    if (order === 'input') runs.add(run)
    return run
  }

  const wait = (lines: Lines, isFirst = false): void => {
    waitingCount += lines.length
    if (isFirst) waiting.unshift(lines)
    else waiting.add(lines)
  }

  const feed = (): void => {
    if (isFeeding) return
    isFeeding = true
    give()
    isFeeding = false
    if (context.stopping.aborted) cutWaiting()
  }

  const give = (): void => {
    for (let lines = waiting.first; lines !== undefined && slow === undefined; lines = waiting.first) {
      waiting.shift()
      waitingCount -= lines.length
      const given = workers.give(lines, taken => {
        silence?.begin(clock.now(), taken.length)
        return begin(taken)
      })
      if (given < lines.length) wait(lines.slice(given), true)
      if (given === 0 || context.stopping.aborted) return
    }
  }

  const owner: Owner = {
    answered(run, answers, took, verdict) {
      silence?.end(clock.now(), true, answers.length)
      context.event('call', { ms: took, n: answers.length })
      if (answers.byteLength <= maxLine) return end(run, { lines: answers }, answers.length, took, verdict)
      for (let index = 0; index < answers.length; index++) {
        end(run, refuseLong(answers.slice(index, index + 1), took), 1, took, verdict)
      }
    },
    failed(run, reason, failedCount, took) {
      if (!(reason instanceof Failure)) throw reason
      const isAnswered = took !== undefined && reason.kind !== 'timeout' && reason.kind !== 'cancelled'
      silence?.end(clock.now(), isAnswered, failedCount)
      context.event('call', { ms: took ?? 0, n: failedCount })
      if (reason.failureClass === 'throttled' && callAgain(run, reason)) return
      end(run, { failure: reason, attempts: attemptsOf(reason, took) }, failedCount, took ?? 0, undefined)
    },
  }

  const refuseLong = (lines: Lines, took: number): Outcome => {
    try {
      refuseLongLines(lines, maxLine)
      return { lines }
    } catch (error) {
      return { failure: error as Failure, attempts: { attempts: 1, duration: took } }
    }
  }

  const attemptsOf = (failure: Failure, took: number | undefined): Attempts =>
    took === undefined
      ? { attempts: 0, duration: 0 }
      : { attempts: 1, duration: took, firstFailedAt: clock.wall(), firstFailure: failure }

  /** The worker is done with so many next records. */
  const end = (
    run: Run,
    outcome: Outcome,
    records: number,
    took: number,
    verdict: Promise<Failure | undefined> | undefined,
  ): void => {
    const piece = take(run, records)
    last = Math.max(last, run.before + run.next - 1)
    running -= records
    concludeCut()
    if (verdict === undefined) return conclude(piece, outcome)
    piece.held = outcome
    piece.took = took
    doubtful += records
    wake()
    const others = doubts.get(verdict)
    if (others !== undefined) return void others.push(piece)
    const pieces = [piece]
    doubts.set(verdict, pieces)
    void verdict.then(failure => {
      doubts.delete(verdict)
      for (const piece of pieces) {
        doubtful -= piece.count
        const attempts = { attempts: 1, duration: piece.took }
        piece.outcome = failure === undefined ? piece.held : { failure, attempts }
        if (order === 'completion') ready.add(piece)
      }
      advance()
    })
  }

  const take = (run: Run, records: number): Piece => {
    const piece = { run, from: run.next, count: records, outcome: undefined, held: undefined, took: 0 }
    run.next += records
    if (order === 'input') run.pieces.push(piece)
    return piece
  }

  const conclude = (piece: Piece, outcome: Outcome): void => {
    piece.outcome = outcome
    if (order === 'completion') ready.add(piece)
    advance()
  }

  /** A refusal is no attempt: the record is called again when its time has come. */
  const callAgain = (run: Run, failure: Failure): boolean => {
    slow ??= options.createSlow({
      ...context,
      giveBack(lines) {
        if (!isHandingOver) context.giveBack(lines)
        else if (lines.length > 0) wait(lines, true)
      },
    })
    const line = run.lines.at(run.next)
    const { killing, stopping } = context
    const { id } = options
    const record = {
      killing,
      stopping,
      order: run.before + run.next,
      get id() {
        return id(line)
      },
    }
    const called = slow.refused(line, failure, record)
    if (called === undefined) return false
    void settleAgain(take(run, 1), line, called)
    return true
  }

  const settleAgain = async (piece: Piece, line: Line, called: Promise<Result>): Promise<void> => {
    let outcome: Outcome
    try {
      const result = await called
      const failure = await result.verdict
      const lines = replace(line, result)
      outcome = failure === undefined ? refuseLong(lines, 0) : { failure, attempts: { attempts: 1, duration: 0 } }
    } catch (error) {
      if (!(error instanceof GaveUp)) throw error
      outcome = { failure: error.failure, attempts: error.attempts }
    }
    running--
    if ('failure' in outcome && outcome.failure.kind === 'cancelled' && context.stopping.aborted) {
      piece.held = outcome
      cut.push(piece)
      if ((outcome.attempts?.attempts ?? 0) > 0) last = Math.max(last, orderOf(piece))
    } else {
      last = Math.max(last, orderOf(piece))
      conclude(piece, outcome)
    }
    concludeCut()
  }

  /** What stands behind the last record that was called is left to the next run, once nothing runs any more. */
  const concludeCut = (): void => {
    if (running > 0 || cut.length === 0) return
    for (const piece of cut.splice(0)) {
      const isPassed = orderOf(piece) <= last || context.leave === undefined
      conclude(piece, isPassed && piece.held !== undefined ? piece.held : { left: true })
    }
  }

  /** Nothing of this was given to a worker. */
  const cutWaiting = (): void => {
    for (let lines = waiting.shift(); lines !== undefined; lines = waiting.shift()) {
      const run = begin(lines)
      running -= lines.length
      const failure = new Failure('cancelled', 'transient', 'Cancelled before it was started')
      conclude(take(run, lines.length), context.leave === undefined ? { failure, attempts: undefined } : { left: true })
    }
    waitingCount = 0
  }

  /** What is known moves on, in its turn. */
  const advance = (): void => {
    for (let run = runs.first; run !== undefined; run = runs.first) {
      for (; run.shown < run.pieces.length; run.shown++) {
        const piece = run.pieces[run.shown] as Piece
        if (piece.outcome === undefined) break
        ready.add(piece)
      }
      if (run.shown < run.pieces.length || run.next < run.lines.length) break
      runs.shift()
    }
    if (!publishing) void publish()
  }

  /** While the output is full, what is done waits here and counts as unsettled. */
  const publish = (): void | Promise<void> => {
    publishing = true
    for (let piece = ready.first; piece !== undefined; piece = ready.first) {
      const held = hand(piece)
      if (held !== undefined) {
        return held.then(() => {
          leave()
          return publish()
        })
      }
      leave()
    }
    publishing = false
    if (slow !== undefined && unsettled === waitingCount && !isHandingOver) void handOver(slow)
    wake()
  }

  const leave = (): void => {
    unsettled -= ready.shift()?.count ?? 0
  }

  const hand = ({ run, from, count: records, outcome }: Piece): void | Promise<void> => {
    if (outcome === undefined) return
    if ('lines' in outcome) return context.emit(outcome.lines, records)
    if ('left' in outcome) return context.leave?.(run.lines.at(from), records)
    const { failure, attempts } = outcome
    for (let index = from; index < from + records; index++) context.reject(run.lines.at(index), failure, attempts)
    stopIfFatal(failure, context)
  }

  /** All that was given to workers is settled: the usual way goes on. */
  const handOver = async ({ processor }: SlowWay): Promise<void> => {
    isHandingOver = true
    for (let lines = waiting.shift(); lines !== undefined; lines = waiting.shift()) {
      const before = waitingCount
      waitingCount -= lines.length
      const pushed = processor.push(lines)
      unsettled -= before - waitingCount
      await pushed
    }
    isHandingOver = false
    wake()
  }

  const isHandedOver = () => slow !== undefined && unsettled === 0 && !isHandingOver

  const room = () => (slow === undefined ? Math.max(0, window + doubtful - unsettled) : 0)

  // Not for each record that leaves: there are some to go on with.
  const wantsMore = () => waitingCount <= window / 4 && room() > 0

  context.stopping.addEventListener('abort', () => {
    // What becomes of a record that is given may cut the run.
    if (!isFeeding) cutWaiting()
    wake()
  })

  const workers = options.start(feed)

  return {
    push(lines) {
      if (slow !== undefined && isHandedOver()) return slow.processor.push(lines)
      const taken = context.stopping.aborted ? 0 : Math.min(lines.length, room())
      if (taken > 0) {
        unsettled += taken
        wait(lines.slice(0, taken))
        feed()
      }
      context.giveBack(lines.slice(taken))
      return until(() => wantsMore() || isHandedOver() || context.stopping.aborted)
    },
    async end() {
      await until(() => unsettled === 0 && !isHandingOver)
      await slow?.processor.end?.()
    },
  }
}

type Outcome =
  | { readonly lines: Lines }
  | { readonly left: true }
  | { readonly failure: Failure; readonly attempts: Attempts | undefined }

/** Neighbouring records of a run with one outcome; undefined while it is not known. */
type Piece = {
  readonly run: Run
  readonly from: number
  readonly count: number
  outcome: Outcome | undefined
  /** What the outcome is if the answers count. */
  held: Outcome | undefined
  took: number
}

const orderOf = ({ run, from }: Piece): number => run.before + from

type Owner = {
  answered(run: Run, answers: Lines, took: number, verdict: Promise<Failure | undefined> | undefined): void
  failed(run: Run, reason: unknown, count: number, took: number | undefined): void
}

/** Records that were given to a worker together. */
class Run implements RunSink {
  /** Its first record the worker is not done with. */
  next = 0
  readonly pieces: Piece[] = []
  /** How many of them have moved on. */
  shown = 0

  constructor(
    readonly lines: Lines,
    /** How many records were given before it. */
    readonly before: number,
    private readonly owner: Owner,
  ) {}

  answered(answers: Lines, took: number, verdict: Promise<Failure | undefined> | undefined): void {
    this.owner.answered(this, answers, took, verdict)
  }

  failed(reason: unknown, count: number, took: number | undefined): void {
    this.owner.failed(this, reason, count, took)
  }
}
