import { Transform } from 'node:stream'
import { TransformStream } from 'node:stream/web'
import { type Clock, realClock } from './core/clock.js'
import { type Attempts, Failure } from './core/failure.js'
import { Splitter } from './core/io/split.js'
import { type Line, Lines } from './core/lines.js'
import type { Context, Processor } from './core/processor.js'

export type StreamOptions = {
  /** Called for each record that failed; without it the stream fails at the first one. */
  readonly onFailure?: (line: Line, failure: Failure, attempts?: Attempts) => void
  /** Maximum length of a line in bytes (16 MiB). */
  readonly maxLine?: number
  readonly clock?: Clock
}

/** A Node transform stream of bytes: NDJSON in, NDJSON out. */
export const toTransform = (create: (context: Context) => Processor, options: StreamOptions = {}): Transform => {
  const stream: Transform = new Transform({
    transform(chunk: Uint8Array, _encoding, callback) {
      pump.push(chunk).then(() => {
        // Remaining input is read and dropped.
        if (pump.stopped) stream.push(null)
        callback()
      }, callback)
    },
    flush(callback) {
      pump.end().then(() => callback(), callback)
    },
    destroy(error, callback) {
      pump.abort()
      callback(error)
    },
  })
  // The stream itself holds back the next chunk while its reader sleeps.
  const pump = createPump(create, options, bytes => void stream.push(bytes))
  return stream
}

/** A Web transform stream of bytes: NDJSON in, NDJSON out. */
export const toTransformStream = (
  create: (context: Context) => Processor,
  options: StreamOptions = {},
): TransformStream<Uint8Array, Uint8Array> => {
  let pump: Pump
  return new TransformStream<Uint8Array, Uint8Array>({
    start(controller) {
      pump = createPump(create, options, bytes => controller.enqueue(bytes))
    },
    async transform(chunk, controller) {
      await pump.push(chunk)
      if (pump.stopped) controller.terminate()
    },
    flush: () => pump.end(),
  })
}

type Pump = {
  /** The processor needs no more input, and everything it emitted is written. */
  readonly stopped: boolean
  push(chunk: Uint8Array): Promise<void>
  end(): Promise<void>
  abort(): void
}

const createPump = (
  create: (context: Context) => Processor,
  { onFailure, maxLine = 16 * 1024 * 1024, clock = realClock }: StreamOptions,
  write: (bytes: Buffer) => void | Promise<void>,
): Pump => {
  const stopping = new AbortController()
  const killing = new AbortController()
  let failure: Failure | undefined
  let stopped = false
  let ended = false
  let givenBack = Lines.none
  let started: void | Promise<void>
  const queue: (() => void | Promise<void>)[] = []
  const context: Context = {
    emit: lines => (lines.length === 0 ? undefined : write(lines.view())),
    reject(line, reason, attempts) {
      if (onFailure === undefined) failure ??= reason
      else onFailure(line, reason, attempts)
    },
    filter() {},
    giveBack(lines) {
      givenBack = lines
    },
    stop() {
      stopped = true
    },
    event() {},
    clock,
    stopping: stopping.signal,
    killing: killing.signal,
  }
  const processor = create(context)
  const pushAll = async (first: Lines): Promise<void> => {
    for (let lines = first; lines.length > 0 && !stopped; lines = givenBack) {
      givenBack = Lines.none
      await processor.push(lines)
    }
  }
  const splitter = new Splitter(
    { maxLine },
    {
      records: lines => queue.push(() => pushAll(lines)),
      failures: lines => queue.push(() => (processor.failures ?? context.emit)(lines)),
      blank() {},
      tooLong: ({ number, file, length, sha256, head }) =>
        queue.push(() => {
          const message = `Line ${number} is ${length} bytes long, more than maxLine ${maxLine}`
          const bytes = Buffer.concat([head, Buffer.from('\n')])
          context.reject({ bytes, number, file }, new Failure('too_long', 'input', message, { length, sha256 }))
        }),
    },
  )
  const drain = async () => {
    started ??= processor.start?.() ?? Promise.resolve()
    await started
    for (let task = queue.shift(); task !== undefined && !stopped; task = queue.shift()) await task()
    if (failure !== undefined) throw failure
    if (stopped) await endOnce()
  }
  const endOnce = async () => {
    if (ended) return
    ended = true
    await processor.end?.()
    if (failure !== undefined) throw failure
  }
  return {
    get stopped() {
      return stopped
    },
    async push(chunk) {
      if (stopped) return
      splitter.push(chunk)
      await drain()
    },
    async end() {
      if (!stopped) splitter.end()
      await drain()
      await endOnce()
    },
    abort() {
      stopping.abort()
      killing.abort()
    },
  }
}
