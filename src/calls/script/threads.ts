import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Worker } from 'node:worker_threads'
import type { Clock } from '../../core/clock.js'
import { Failure } from '../../core/failure.js'
import { formatDuration } from '../../core/format-duration.js'
import type { Lines } from '../../core/lines.js'
import { createStderrLines, type PassStderr } from '../process/stderr-lines.js'
import { canReadHeap, readHeap } from './heap-usage.js'
import {
  askToSettle,
  costOfSaid,
  createSharedMemory,
  maxSaid,
  openMemory,
  type ScriptFault,
  type ScriptSource,
  type ThreadData,
  type ThreadMessage,
  type ThreadTask,
  taskLines,
} from './protocol.js'

export type ThreadOptions = {
  readonly source: ScriptSource
  readonly multi: boolean
  /** Longest result in bytes. */
  readonly maxResponse: number
  /** Longest line that it may become. */
  readonly maxLine: number
  /** Bytes of memory for the values of one thread. */
  readonly maxHeap: number
  /** Milliseconds to load the script, 0 for no end. */
  readonly startTimeout: number
  readonly clock: Clock
  /** Notified of an error that belongs to no call: words of our own, and those of the script. */
  readonly onStray: (fault: ScriptFault) => void
  /** Takes what the script prints. */
  readonly stderr: PassStderr
}

/** The script itself cannot be used: nothing of it has run for a record. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError'
}

/** The system has no room for one more thread. */
export class ThreadError extends Error {
  override readonly name = 'ThreadError'
}

/** The outcome of some neighbouring lines: their statuses, and where in `bytes` the result of each ends. */
export type ScriptPiece = { readonly statuses: Uint8Array; readonly ends: Int32Array; readonly bytes: Buffer }

export type Thread = {
  /** Settles when the script is loaded; rejects with a `ScriptError`. */
  readonly ready: Promise<void>
  /** False once it has ended, by itself or because it was stopped. */
  isAlive(): boolean
  /**
   * Works on some lines, as many as `taskLines`; `done` is called once, with why when a line has ended the thread.
   * It may be over before the last line, and even the first: what is not done must be given again.
   */
  run(
    lines: Lines,
    about: { attempt: number; ids: readonly string[] | undefined },
    done: (death?: Failure) => void,
  ): void
  /** How many lines of the task are done: the number of the one that runs, from 0. */
  position(): number
  /** The outcome of lines since the last time. */
  collect(): ScriptPiece | undefined
  /** Settles when what was left of earlier tasks has come to light, a second later at most. */
  settle(): Promise<void>
  /** Begin no further line. */
  hold(): void
  /** Settles when nothing of it runs any more. */
  end(): Promise<void>
}

declare const __filename: string | undefined

// In the bundle everything lies side by side, in the tests each source is a file.
const threadFile = () =>
  typeof __filename === 'string'
    ? join(dirname(__filename), 'script-thread.cjs')
    : fileURLToPath(new URL('./script-thread.js', import.meta.url))

/** Starts a thread that holds the script. */
export const startThread = (options: ThreadOptions): Thread => {
  const memory = createSharedMemory()
  const { head, ends, statuses, output } = openMemory(memory)
  const { source, multi, maxResponse, maxLine, clock, startTimeout } = options
  const data: ThreadData = { source, memory, multi, maxResponse, maxLine }
  const worker = createWorker(data, options.maxHeap)
  let alive = true
  let taken = 0
  let number = 0
  const said = createStderrLines(() => number, options.stderr)
  let saying = Promise.resolve()
  const say = (line: number, text: string) => {
    number = line
    const held = said.take(Buffer.from(text))
    const taken = () => {
      Atomics.sub(head, 2, costOfSaid(text))
      if (Atomics.load(head, 2) <= maxSaid / 2) Atomics.notify(head, 2)
    }
    if (held === undefined) taken()
    else saying = Promise.all([saying, held]).then(taken, taken)
  }
  let overflow: { readonly status: number; readonly bytes: Uint8Array } | undefined
  let running: ((death?: Failure) => void) | undefined
  let death: Failure | undefined
  let isStray = false
  let hasDone = false
  let tellSettled = () => {}
  let cancelStart = () => {}

  const ready = new Promise<void>((resolve, reject) => {
    if (startTimeout > 0) {
      cancelStart = clock.after(startTimeout, () => {
        reject(new ScriptError(`it was not loaded within ${formatDuration(startTimeout)} of --start-timeout`))
        void worker.terminate()
      })
    }
    worker.on('message', (message: ThreadMessage) => {
      if (message.type === 'ready') {
        cancelStart()
        resolve()
      } else if (message.type === 'said') say(message.line, message.text)
      else if (message.type === 'wrong') reject(new ScriptError(message.message))
      else if (message.type === 'stray') {
        alive = false
        // One that never gets as far as a result would be started anew for ever.
        isStray = hasDone || Atomics.load(head, 0) > 0
        options.onStray(message.fault)
      } else if (message.type === 'settled') tellSettled()
      else {
        hasDone = true
        overflow = message.overflow
        finish()
      }
    })
    worker.on('error', (error: unknown) => {
      death = describeDeath(error, options.maxHeap)
      reject(readLack(error) ?? new ScriptError(death.message))
    })
    worker.on('exit', () => {
      alive = false
      said.end()
      death ??= new Failure('script', 'permanent', 'Script stopped its thread, for example with process.exit()')
      cancelStart()
      reject(new ScriptError(death.message))
      finish(isStray ? undefined : death)
    })
  })
  // The rejection reaches those that await it.
  ready.catch(() => {})

  let cancelLook = () => {}
  const watchHeap = (): void => {
    cancelLook = clock.after(lookEvery, () => {
      // The memory of the whole program is cheap to read, and most scripts need little.
      const looked =
        canReadHeap && process.memoryUsage.rss() > options.maxHeap / 2 ? readHeap(worker.threadId) : undefined
      void Promise.resolve(looked).then((used = 0) => {
        if (running === undefined || !alive) return
        if (used <= options.maxHeap) return watchHeap()
        death = outOfMemory(options.maxHeap)
        void worker.terminate()
      })
    })
  }

  const finish = (why?: Failure): void => {
    cancelLook()
    const done = running
    running = undefined
    done?.(why)
  }

  return {
    ready,
    isAlive: () => alive,
    run(lines, { attempt, ids }, done) {
      const task = createTask(lines, attempt, ids)
      taken = 0
      overflow = undefined
      running = done
      Atomics.store(head, 0, 0)
      Atomics.store(head, 1, 0)
      cancelLook()
      if (alive) {
        watchHeap()
        worker.postMessage(task, [task.bytes.buffer])
      } else queueMicrotask(() => finish(isStray ? undefined : death))
    },
    position: () => Atomics.load(head, 0),
    collect() {
      const done = Atomics.load(head, 0)
      const start = taken === 0 ? 0 : (ends[taken - 1] as number)
      const from = taken
      taken = done
      if (overflow !== undefined) {
        const before = output.subarray(start, done === 0 ? 0 : ends[done - 1])
        const last = overflow
        overflow = undefined
        taken++
        Atomics.store(head, 0, taken)
        // The next task starts with a fresh buffer, so the end of this result is never read.
        return {
          statuses: Uint8Array.of(...statuses.subarray(from, done), last.status),
          ends: Int32Array.of(...relative(ends, from, done, start), before.length + last.bytes.length),
          bytes: Buffer.concat([before, last.bytes]),
        }
      }
      if (from === done) return undefined
      return {
        statuses: statuses.slice(from, done),
        ends: relative(ends, from, done, start),
        bytes: Buffer.from(output.subarray(start, ends[done - 1])),
      }
    },
    settle() {
      if (!alive) return Promise.resolve()
      return new Promise(resolve => {
        const cancel = clock.after(1000, resolve)
        tellSettled = () => {
          cancel()
          resolve()
        }
        worker.once('exit', tellSettled)
        worker.postMessage(askToSettle)
      })
    },
    hold() {
      Atomics.store(head, 1, 1)
    },
    async end() {
      // Its last result may come before its end: it gets no other task then.
      alive = false
      cancelStart()
      await worker.terminate()
    },
  }
}

const createWorker = (workerData: ThreadData, maxHeap: number): Worker => {
  // Costs 2 ms of a start, and only scripts need it.
  const { Worker } = process.getBuiltinModule('node:worker_threads')
  // What the script prints must never stand among the records.
  const worker = new Worker(threadFile(), {
    workerData,
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: Math.ceil((maxHeap + (canReadHeap ? lastResort() : 0)) / 2 ** 20) },
  })
  worker.stdout.resume()
  worker.stderr.resume()
  return worker
}

/**
 * Bytes beyond `maxHeap` at which V8 takes action itself. It may end the whole program there, when a single value is large or
 * one built-in function makes many: we look at the heap ourselves, see `readHeap`, and V8 is not to be sooner than the system.
 */
const lastResort = () => Math.max(2 * 2 ** 30, process.getBuiltinModule('node:os').totalmem())

const createTask = (lines: Lines, attempt: number, ids: readonly string[] | undefined): ThreadTask => {
  const begin = lines.start(0)
  const ends = new Int32Array(Math.min(lines.length, taskLines))
  for (let index = 0; index < ends.length; index++) ends[index] = lines.end(index) - begin
  const bytes = new Uint8Array(ends.at(-1) ?? 0)
  bytes.set(lines.bytes.subarray(begin, begin + bytes.length))
  return { bytes, ends, number: lines.number, attempt, ids }
}

const relative = (ends: Int32Array, from: number, until: number, start: number): Int32Array => {
  const copy = ends.slice(from, until)
  for (let index = 0; index < copy.length; index++) copy[index] = (copy[index] as number) - start
  return copy
}

/** Milliseconds between two looks at the memory of a thread that works. */
const lookEvery = 50

const outOfMemory = (maxHeap: number): Failure =>
  new Failure(
    'script',
    'permanent',
    `Script used up the ${Math.ceil(maxHeap / 2 ** 20)} MiB of its thread; --max-heap gives more`,
  )

/** A thread that could not begin, for lack of descriptors or memory: the script is not to blame. */
const readLack = (error: unknown): ThreadError | undefined => {
  const text = error instanceof Error ? `${'code' in error ? error.code : ''} ${error.message}` : ''
  const [code] = /\b(EMFILE|ENFILE|ENOMEM|EAGAIN)\b/.exec(text) ?? []
  if (code === undefined && !text.startsWith('ERR_WORKER_INIT_FAILED')) return undefined
  return new ThreadError(
    `Cannot start a thread for the script (${code ?? 'ERR_WORKER_INIT_FAILED'}); use fewer with -j, or allow more with ulimit -n`,
  )
}

const describeDeath = (error: unknown, maxHeap: number): Failure => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return outOfMemory(maxHeap)
  }
  const isError = error instanceof Error
  const words = String(isError ? error.stack : error).slice(0, 4096)
  return new Failure('script', 'permanent', `Script threw ${isError ? error.name : 'something'} outside of the call`, {
    stderr: words,
  })
}
