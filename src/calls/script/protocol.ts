/** What a script is: an expression of the command line, or a module by its absolute path. */
export type ScriptSource =
  /** `test`: its answer, true or false as JavaScript takes it, says which records pass: those for which it is `passing`. */
  | { readonly kind: 'expression'; readonly text: string; readonly test?: { readonly passing: boolean } }
  | { readonly kind: 'module'; readonly path: string }

/** What a thread is started with. */
export type ThreadData = {
  readonly source: ScriptSource
  readonly memory: SharedArrayBuffer
  /** An array is several records. */
  readonly multi: boolean
  /** Longest result in bytes, and the longest line it may become. */
  readonly maxResponse: number
  readonly maxLine: number
}

/** Neighbouring lines to work on: their bytes, and where each ends in them. */
export type ThreadTask = {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly ends: Int32Array
  /** Line number of the first. */
  readonly number: number
  readonly attempt: number
  /** Their ids; without them the hash that failure records have, made when the script asks. */
  readonly ids: readonly string[] | undefined
}

/** Asks a thread to say that it is at rest. */
export const askToSettle = 'settle'

export type ThreadMessage =
  | { readonly type: 'ready' }
  /** What the script prints, and in which line of the input. */
  | { readonly type: 'said'; readonly line: number; readonly text: string }
  /** The script cannot be used at all. */
  | { readonly type: 'wrong'; readonly message: string }
  /** Something went wrong that no call has to do with, and the thread ends. */
  | { readonly type: 'stray'; readonly fault: ScriptFault }
  /** Nothing is left of what was begun before it was asked. */
  | { readonly type: 'settled' }
  /** The task is over, perhaps before its last line; the result of the next line when the memory had no room for it. */
  | { readonly type: 'done'; readonly overflow?: { readonly status: number; readonly bytes: Uint8Array } }

/** The outcome of a line. */
export const status = {
  emitted: 1,
  /** The script gave `undefined`. */
  filtered: 2,
  /** The script threw, or its result is not JSON: a `ScriptFault` as JSON. */
  failed: 3,
  /** The line is not JSON. */
  unreadable: 4,
  /** The result is longer than allowed. */
  tooLarge: 5,
} as const

export type ScriptFault = {
  readonly message: string
  readonly words: string
  /** Milliseconds after which it may be called again. */
  readonly retryAfter?: number
}

/** Bytes that are printed and not yet taken, at most: then the script waits until half of it is. */
export const maxSaid = 2 ** 20

/** The size that a printed text counts for; a short one costs too. */
export const costOfSaid = (text: string): number => text.length + 256

/** Lines of a task, at most, and bytes of results that fit before the task ends early. */
export const taskLines = 4096
export const taskOutput = 1024 * 1024

/**
 * Memory that a thread writes and its owner reads while it runs: how many lines are done, so also which one runs and what
 * the earlier ones came to, even when the thread has to be ended in the middle of a loop.
 */
export const createSharedMemory = (): SharedArrayBuffer => new SharedArrayBuffer(outputAt + taskOutput)

const endsAt = 12
const statusesAt = endsAt + 4 * taskLines
const outputAt = statusesAt + taskLines

export const openMemory = (memory: SharedArrayBuffer) => ({
  /** 0: lines done; 1: not 0 when no further line is to be begun; 2: what is printed and not yet taken, see `costOfSaid`. */
  head: new Int32Array(memory, 0, 3),
  /** Where the result of each line ends in `output`. */
  ends: new Int32Array(memory, endsAt, taskLines),
  statuses: new Uint8Array(memory, statusesAt, taskLines),
  output: Buffer.from(memory, outputAt, taskOutput),
})
