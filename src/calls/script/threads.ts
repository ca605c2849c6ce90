import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Worker } from 'node:worker_threads'
import { Failure } from '../../core/failure.js'
import type { Lines } from '../../core/lines.js'
import { createStderrLines, type PassStderr } from '../process/stderr-lines.js'
import {
  createSharedMemory,
  openMemory,
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
  /** Takes what the script prints. */
  readonly stderr: PassStderr
}

/** The script itself cannot be used: nothing of it has run for a record. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError'
}

/** What became of some neighbouring lines: their statuses, and where in `bytes` the result of each ends. */
export type ScriptPiece = { readonly statuses: Uint8Array; readonly ends: Int32Array; readonly bytes: Buffer }

export type Thread = {
  /** Settles when the script is loaded; rejects with a `ScriptError`. */
  readonly ready: Promise<void>
  /** False once it has ended, by itself or because it was told to. */
  isAlive(): boolean
  /**
   * Works on some lines, as many as `taskLines`; `done` is called once, with why when the thread has died in the middle.
   * It may be over before the last line: what is not done must be given again.
   */
  run(
    lines: Lines,
    about: { attempt: number; ids: readonly string[] | undefined },
    done: (death?: Failure) => void,
  ): void
  /** How many lines of the task are done: the number of the one that runs, from 0. */
  position(): number
  /** What became of lines since the last time. */
  collect(): ScriptPiece | undefined
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
  const { source, multi, maxResponse } = options
  const data: ThreadData = { source, memory, multi, maxResponse }
  const worker = createWorker(data)
  let alive = true
  let taken = 0
  let number = 0
  const said = createStderrLines(() => number, options.stderr)
  const say = (line: number, text: string) => {
    number = line
    void said.take(Buffer.from(text))
  }
  let overflow: { readonly status: number; readonly bytes: Uint8Array } | undefined
  let running: ((death?: Failure) => void) | undefined
  let death: Failure | undefined

  const ready = new Promise<void>((resolve, reject) => {
    worker.on('message', (message: ThreadMessage) => {
      if (message.type === 'ready') resolve()
      else if (message.type === 'said') say(message.line, message.text)
      else if (message.type === 'wrong') reject(new ScriptError(message.message))
      else {
        overflow = message.overflow
        finish()
      }
    })
    worker.on('error', (error: unknown) => {
      death = describeDeath(error)
      reject(new ScriptError(death.message))
    })
    worker.on('exit', () => {
      alive = false
      said.end()
      death ??= new Failure('script', 'permanent', 'Script ended its thread, as with process.exit()')
      reject(new ScriptError(death.message))
      finish(death)
    })
  })
  // Whoever waits for it hears of it.
  ready.catch(() => {})

  const finish = (why?: Failure): void => {
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
      if (alive) worker.postMessage(task, [task.bytes.buffer])
      else queueMicrotask(() => finish(death))
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
        // The next task begins anew: where this result would have ended is asked by nobody.
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
    hold() {
      Atomics.store(head, 1, 1)
    },
    async end() {
      await worker.terminate()
    },
  }
}

const createWorker = (workerData: ThreadData): Worker => {
  // Costs 2 ms of a start, and only scripts need it.
  const { Worker } = process.getBuiltinModule('node:worker_threads')
  // What the script prints must never stand among the records.
  const worker = new Worker(threadFile(), { workerData, stdout: true, stderr: true })
  worker.stdout.resume()
  worker.stderr.resume()
  return worker
}

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

const describeDeath = (error: unknown): Failure => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new Failure(
      'worker_died',
      'permanent',
      'Script used up the memory of its thread; NODE_OPTIONS=--max-old-space-size=MB gives more',
    )
  }
  const isError = error instanceof Error
  const words = String(isError ? error.stack : error).slice(0, 4096)
  return new Failure('script', 'permanent', `Script threw ${isError ? error.name : 'something'} outside of the call`, {
    stderr: words,
  })
}
