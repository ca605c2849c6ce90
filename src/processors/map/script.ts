import { restartFailure, type ScriptThreads } from '../../calls/script/call.js'
import { taskLines } from '../../calls/script/protocol.js'
import { type ScriptPiece, type Thread, ThreadError } from '../../calls/script/threads.js'
import { createCondition } from '../../core/condition.js'
import { Failure } from '../../core/failure.js'
import type { Line, Lines } from '../../core/lines.js'
import type { CreateProcessor } from '../../core/processor.js'
import { stopCodes } from '../../core/stop-codes.js'
import { emitPiece } from './script-output.js'
import { createWatch, type Watch } from './script-watch.js'

export type ScriptOptions = {
  readonly threads: ScriptThreads
  /** As many tasks at once. */
  readonly concurrency: number
  /** Time limit for one record in milliseconds; 0: no limit. */
  readonly timeout: number
  readonly order: 'input' | 'completion'
  /** Maximum number of records that are read but not settled. */
  readonly window: number
  /** An array is several records. */
  readonly multi: boolean
  /** The script only decides what passes: the lines themselves are emitted. */
  readonly isTest?: boolean
  /** Returns the id of a record; by default a hash. */
  readonly id: ((line: Line) => string) | undefined
  /** Asked before each task; false: what it would have worked on is cancelled. */
  readonly mayCall?: (() => boolean) | undefined
}

/** Neighbouring lines that a thread works on; what is not settled yet begins at `next`. */
type Chunk = {
  readonly lines: Lines
  /** How many were taken before them. */
  readonly before: number
  /** Lines that are done, whatever became of them. */
  next: number
  /** What is done and not yet handed on. */
  readonly ready: Ready[]
}

type Ready = { readonly from: number } & (
  | { readonly piece: ScriptPiece }
  /** Without a failure they are left to the next run. */
  | { readonly until: number; readonly failure: Failure | undefined }
)

/** Milliseconds that a task should take, and bytes of input it may have: small enough to spread evenly, large enough to be cheap. */
const taskTime = 10
const taskBytes = 256 * 1024

/**
 * A script for each record, as `createMap` with a script call would run it, but in tasks of many lines: the way to a thread
 * and back costs more than most scripts.
 */
export const createScript: CreateProcessor<ScriptOptions> = (options, context) => {
  const { threads, concurrency, window } = options
  const { clock } = context
  // Records that were read and are not settled, in input order.
  const chunks = new Set<Chunk>()
  const waiting: Chunk[] = []
  const working = new Map<Thread, Watch>()
  let unsettled = 0
  let free = concurrency
  let linesPerTask = 1
  let publishing = false
  const { until, wake } = createCondition()
  let added = 0
  // How many of all that were taken stand before the last one that was called: a cut run goes on behind it.
  let last = 0
  const cut = new Set<Chunk>()

  const add = (lines: Lines): void => {
    const chunk: Chunk = { lines, before: added, next: 0, ready: [] }
    added += lines.length
    chunks.add(chunk)
    unsettled += lines.length
    waiting.push(chunk)
  }

  const begin = (): void => {
    while (free > 0 && waiting.length > 0) {
      if (options.mayCall?.() === false) {
        for (const chunk of waiting.splice(0)) cancel(chunk)
        return void publish()
      }
      const thread = threads.take()
      const chunk = waiting.shift()
      if (thread === undefined || chunk === undefined) throw new Error('More tasks at once than threads')
      free--
      run(thread, chunk)
    }
  }

  const run = (thread: Thread, chunk: Chunk): void => {
    const rest = chunk.lines.slice(chunk.next)
    const ids = options.id === undefined ? undefined : Array.from(rest, options.id)
    const started = clock.now()
    const first = chunk.next
    const watch = createWatch({
      thread,
      clock,
      timeout: options.timeout,
      progress() {
        collect(thread, chunk)
        void publish()
      },
    })
    working.set(thread, watch)
    thread.run(rest, { attempt: 1, ids }, death => {
      watch.stop()
      working.delete(thread)
      collect(thread, chunk)
      if (death !== undefined && chunk.next < chunk.lines.length) fail(chunk, 1, watch.reason() ?? death)
      measure(clock.now() - started, chunk.next - first)
      void goOn(thread, chunk)
      void publish()
    })
  }

  const collect = (thread: Thread, chunk: Chunk): void => {
    const piece = thread.collect()
    if (piece === undefined) return
    chunk.ready.push({ from: chunk.next, piece })
    chunk.next += piece.statuses.length
    last = Math.max(last, chunk.before + chunk.next)
  }

  const fail = (chunk: Chunk, count: number, failure: Failure): void => {
    if (count === 0) return
    chunk.ready.push({ from: chunk.next, until: chunk.next + count, failure })
    chunk.next += count
    last = Math.max(last, chunk.before + chunk.next)
  }

  const goOn = async (thread: Thread, chunk: Chunk): Promise<void> => {
    if (context.stopping.aborted) cancel(chunk)
    try {
      await threads.giveBack(thread)
    } catch (error) {
      // Nobody needs another thread any more.
      if (waiting.length === 0 && chunk.next === chunk.lines.length) return
      const failure = restartFailure(error)
      fail(chunk, chunk.lines.length - chunk.next, failure)
      context.stop({
        exit: error instanceof ThreadError ? stopCodes.temporary : stopCodes.notFound,
        message: failure.message,
      })
      return void publish()
    }
    free++
    if (chunk.next < chunk.lines.length) {
      if (context.stopping.aborted) cancel(chunk)
      else waiting.unshift(chunk)
    }
    begin()
    void publish()
  }

  const cancel = (chunk: Chunk): void => {
    cut.add(chunk)
    if (working.size > 0) return
    const failure = new Failure('cancelled', 'transient', 'Cancelled before it was started')
    for (const { before, next, lines, ready } of cut) {
      // What stands before the last one that was called would be passed over, so it fails; the rest is found again.
      const until = context.leave === undefined ? lines.length : Math.min(Math.max(last - before, next), lines.length)
      if (next < until) ready.push({ from: next, until, failure })
      if (until < lines.length) ready.push({ from: until, until: lines.length, failure: undefined })
    }
    for (const chunk of cut) chunk.next = chunk.lines.length
    cut.clear()
  }

  const measure = (ms: number, count: number): void => {
    if (count === 0) return
    context.event('call', { ms: ms / count, n: count })
    const fitting = Math.round((taskTime * count) / Math.max(ms, 0.01))
    linesPerTask = Math.max(1, Math.min(taskLines, fitting, 4 * linesPerTask))
  }

  /** What is done leaves in turn; while the output is full, it waits here and counts as unsettled. */
  const publish = async (): Promise<void> => {
    if (publishing) return
    publishing = true
    for (const chunk of chunks) {
      for (let ready = chunk.ready.shift(); ready !== undefined; ready = chunk.ready.shift()) {
        const held = hand(chunk, ready)
        if (held !== undefined) await held
      }
      if (chunk.next === chunk.lines.length) chunks.delete(chunk)
      else if (options.order === 'input') break
    }
    publishing = false
    wake()
  }

  const hand = ({ lines }: Chunk, ready: Ready): void | Promise<void> => {
    if ('piece' in ready) {
      unsettled -= ready.piece.statuses.length
      return emitPiece(lines.slice(ready.from), ready.piece, options, context)
    }
    unsettled -= ready.until - ready.from
    const { failure } = ready
    if (failure === undefined) return context.leave?.(lines.at(ready.from), ready.until - ready.from)
    for (let index = ready.from; index < ready.until; index++) {
      context.reject(lines.at(index), failure, attempt(failure))
    }
  }

  const attempt = (failure: Failure) => ({
    attempts: failure.kind === 'cancelled' ? 0 : 1,
    duration: failure.kind === 'timeout' ? options.timeout : 0,
  })

  const room = () =>
    waiting.length < concurrency && chunks.size < 3 * concurrency ? Math.max(0, window - unsettled) : 0

  context.stopping.addEventListener('abort', () => {
    for (const thread of working.keys()) thread.hold()
    for (const chunk of waiting.splice(0)) cancel(chunk)
    void publish()
  })
  context.killing.addEventListener('abort', () => {
    for (const watch of working.values()) watch.end(context.killing.reason)
  })

  return {
    push(lines) {
      let taken = 0
      while (taken < lines.length && room() > 0) {
        const count = countFitting(lines, taken, Math.min(linesPerTask, room()))
        add(lines.slice(taken, taken + count))
        taken += count
        begin()
      }
      context.giveBack(lines.slice(taken))
      return until(() => room() > 0 || context.stopping.aborted)
    },
    end: () => until(() => chunks.size === 0),
  }
}

const countFitting = (lines: Lines, from: number, most: number): number => {
  const start = lines.start(from)
  let count = 1
  while (count < most && from + count < lines.length && lines.end(from + count) - start <= taskBytes) count++
  return count
}
