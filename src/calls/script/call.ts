import { Failure } from '../../core/failure.js'
import { type Line, Lines } from '../../core/lines.js'
import { stopCodes } from '../../core/stop-codes.js'
import { onEnd } from '../attempts/on-end.js'
import { type Call, type CallContext, dropped } from '../call.js'
import { status } from './protocol.js'
import { scriptFailure } from './results.js'
import { startThread, type Thread, type ThreadOptions } from './threads.js'

/** Threads that hold the script; each works on one task at a time. */
export type ScriptThreads = {
  /** Starts them; rejects with a `ScriptError` when the script cannot be used. */
  start(): Promise<void>
  /** One that has nothing to do. */
  take(): Thread | undefined
  /** Its task is over; one that has died is replaced, which takes a moment. */
  giveBack(thread: Thread): Promise<void>
  /** No further task is given. Settles when all have ended. */
  close(): Promise<void>
}

export const createScriptThreads = (options: ThreadOptions & { readonly size: number }): ScriptThreads => {
  const idle: Thread[] = []
  const living = new Set<Thread>()
  let closed = false

  const start = async (): Promise<void> => {
    const thread = startThread(options)
    living.add(thread)
    await thread.ready
    if (!closed) idle.push(thread)
  }

  return {
    async start() {
      try {
        await Promise.all(Array.from({ length: options.size }, start))
      } catch (error) {
        closed = true
        await Promise.all([...living].map(thread => thread.end()))
        throw error
      }
    },
    take: () => idle.pop(),
    async giveBack(thread) {
      if (thread.isAlive()) idle.push(thread)
      else {
        living.delete(thread)
        if (!closed) await start()
      }
    },
    async close() {
      closed = true
      await Promise.all(idle.map(thread => thread.settle()))
      await Promise.all([...living].map(thread => thread.end()))
    },
  }
}

/** Runs the script for one record at a time. A timeout ends the thread, whatever it does. */
export const createScriptCall =
  (threads: ScriptThreads, isPacked: boolean): Call =>
  async (line, context) => {
    for (;;) {
      const thread = threads.take()
      if (thread === undefined) throw new Error('More calls at once than threads')
      try {
        const result = await runOne(thread, line, context, isPacked)
        if (result !== undefined) return result
      } finally {
        await threads.giveBack(thread).catch(error => {
          throw restartFailure(error)
        })
      }
    }
  }

/** A script that was loaded once and cannot be loaded again: nothing will work any more. */
export const restartFailure = (error: unknown): Failure =>
  new Failure('script', 'fatal', `Cannot load the script again: ${error instanceof Error ? error.message : error}`, {
    exit: stopCodes.notFound,
  })

/** Undefined when the thread had an end of its own before it looked at the record. */
const runOne = (
  thread: Thread,
  line: Line,
  context: CallContext,
  isPacked: boolean,
): Promise<readonly Buffer[] | undefined> =>
  new Promise((resolve, reject) => {
    let ended: { readonly reason: unknown } | undefined
    const cancel = onEnd(context, reason => {
      ended = { reason }
      void thread.end()
    })
    thread.run(Lines.fromLine(line), { attempt: context.attempt, ids: [context.id] }, death => {
      cancel()
      const piece = thread.collect()
      const result = piece?.statuses[0]
      // A result that came in time counts.
      if (piece === undefined || result === undefined) {
        if (ended !== undefined) reject(ended.reason)
        else if (death === undefined) resolve(undefined)
        else reject(death)
      } else if (result === status.filtered) resolve(dropped)
      else if (result === status.emitted) resolve(isPacked ? [piece.bytes] : splitLines(piece.bytes))
      else reject(scriptFailure(result, piece.bytes, line))
    })
  })

const splitLines = (bytes: Buffer): readonly Buffer[] => {
  const lines: Buffer[] = []
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(10, start) + 1
    lines.push(bytes.subarray(start, end))
    start = end
  }
  return lines
}
