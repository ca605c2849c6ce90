import { closeSync, constants, fstatSync, open, openSync, readSync, type Stats, statSync } from 'node:fs'
import { createDecoder, type Decoder } from './decode.js'
import { type SplitOptions, type SplitSink, Splitter } from './split.js'
import { describeSystemError } from './system-error.js'

/** An input that can be read once: bytes go straight into the splitter. */
export type Input = {
  /** Reads until the end or until `stop`. After each read `next` is called; its promise holds back the next read. */
  read(splitter: Splitter, next: () => void | Promise<void>): Promise<void>
  /** Ends a read that waits; nothing more is read. */
  stop(): void
  /** Size in bytes when it is a regular file, for `--progress`. */
  readonly size: number | undefined
  /** Bytes read so far, as stored (compressed bytes of a gzip file). */
  readonly bytesRead: number
}

/** What could not be read, and why, in words for the user. */
export class ReadError extends Error {
  override readonly name = 'ReadError'
}

const fileSlab = 256 * 1024
const pipeSlab = 64 * 1024

export type Source = { readonly fd: number; readonly stats: Stats; readonly name: string; readonly close: boolean }

/** Finds out about standard input or a FILE operand without reading from it. */
export const openSource = async (file: string | undefined): Promise<Source> => {
  const name = file ?? 'standard input'
  try {
    if (file === undefined) return refuseFolder({ fd: 0, stats: fstatSync(0), name, close: false })
    const fd = statSync(file).isFIFO() ? await openPipe(file) : openSync(file, 'r')
    return refuseFolder({ fd, stats: fstatSync(fd), name, close: true })
  } catch (error) {
    throw readError(name, error)
  }
}

// Opening a named pipe waits for its writer, and a thread that waits so can never be ended. On Linux the first read waits
// as well, where signals can end it.
const openPipe = (file: string): number | Promise<number> =>
  process.platform === 'linux'
    ? openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
    : new Promise<number>((resolve, reject) =>
        open(file, 'r', (error, opened) => (error ? reject(error) : resolve(opened))),
      )

const refuseFolder = (source: Source): Source => {
  if (source.stats.isDirectory()) throw new ReadError(`Cannot read ${source.name}: it is a folder`)
  return source
}

const readError = (name: string, error: unknown): ReadError => {
  if (error instanceof ReadError) return error
  return new ReadError(`Cannot read ${name}: ${describeSystemError(error)}`, { cause: error })
}

/** A splitter sized for its source. */
export const createSplitter = (source: Source, options: SplitOptions, sink: SplitSink): Splitter =>
  new Splitter({ ...options, slab: isBlocking(source.stats) ? fileSlab : pipeSlab }, sink)

// Files and devices answer at once: reading them synchronously is the fastest way there is.
const isBlocking = (stats: Stats) => stats.isFile() || (stats.isCharacterDevice() && !isTerminal(stats))
const isTerminal = (stats: Stats) => {
  const major = stats.rdev >> 8
  return process.platform === 'linux' ? major === 4 || major === 5 || (major >= 136 && major <= 143) : major !== 3
}

/** Chooses the fastest safe way to read a source; gzip is recognised by its first bytes. */
export const createInput = (source: Source): Input => (isBlocking(source.stats) ? readFile(source) : readStream(source))

const turn = () => new Promise<void>(resolve => setImmediate(resolve))

const readFile = (source: Source): Input => {
  let stopped = false
  let bytesRead = 0
  return {
    get size() {
      return source.stats.isFile() ? source.stats.size : undefined
    },
    get bytesRead() {
      return bytesRead
    },
    stop() {
      stopped = true
    },
    async read(splitter, next) {
      try {
        const decoder = createDecoder(splitter)
        while (!stopped) {
          const space = decoder.space()
          const count = readSync(source.fd, space, 0, space.length, null)
          if (count === 0) break
          bytesRead += count
          const decoded = decoder.took(count)
          if (decoded !== undefined) await decoded
          const held = next()
          if (held !== undefined) await held
          refuseDamage(decoder)
          // Signals and timers get their turn between two slabs.
          await turn()
        }
        if (!stopped) await endWhole(decoder)
      } catch (error) {
        throw readError(source.name, error)
      } finally {
        if (source.close) closeSync(source.fd)
      }
    },
  }
}

const refuseDamage = (decoder: Decoder): void => {
  if (decoder.damage !== undefined) throw decoder.damage
}

const endWhole = async (decoder: Decoder): Promise<void> => {
  await decoder.end()
  refuseDamage(decoder)
}

const readStream = (source: Source): Input => {
  let end = () => {}
  let stopped = false
  let bytesRead = 0
  return {
    size: undefined,
    get bytesRead() {
      return bytesRead
    },
    stop() {
      stopped = true
      end()
    },
    async read(splitter, next) {
      if (stopped) return
      const decoder = createDecoder(splitter)
      const fd = ownDescription(source, constants.O_RDONLY)
      await new Promise<void>((resolve, reject) => {
        const fail = (error: unknown) => {
          stream.destroy()
          reject(readError(source.name, error))
        }
        const go = (held: void | Promise<void>): boolean => {
          if (held === undefined) return true
          held
            .then(() => {
              refuseDamage(decoder)
              if (!stopped) stream.resume()
            })
            .catch(fail)
          return false
        }
        const onread = {
          buffer: () => decoder.space(),
          callback: (count: number): boolean => {
            if (stopped) return false
            bytesRead += count
            try {
              const decoded = decoder.took(count)
              return go(decoded === undefined ? next() : decoded.then(() => next()))
            } catch (error) {
              fail(error)
              return false
            }
          },
        }
        const stream = createReadable(fd, onread)
        end = () => {
          stream.destroy()
          resolve()
        }
        stream.on('error', fail)
        stream.on('end', () => endWhole(decoder).then(resolve, fail))
        stream.on('close', () => stopped && resolve())
        stream.resume()
      })
    },
  }
}

type OnRead = { buffer: () => Buffer; callback: (count: number) => boolean }

const createReadable = (fd: number, onread: OnRead): import('node:net').Socket => {
  const { isatty, ReadStream } = process.getBuiltinModule('node:tty')
  if (isatty(fd)) {
    const terminal = new ReadStream(fd)
    terminal.on('data', (chunk: Buffer) => {
      let more = true
      for (let offset = 0; offset < chunk.length; ) {
        const space = onread.buffer()
        const count = chunk.copy(space, 0, offset)
        offset += count
        more = onread.callback(count)
      }
      if (!more) terminal.pause()
    })
    return terminal
  }
  const { Socket } = process.getBuiltinModule('node:net')
  // A fresh buffer per read: process.stdin with subarray costs a third of the speed.
  return new Socket({
    fd,
    readable: true,
    writable: false,
    onread: { buffer: onread.buffer, callback: onread.callback },
  } as import('node:net').SocketConstructorOpts)
}

/**
 * Non-blocking mode belongs to the open file, which a pipe's other users share: `(streamz …; cat) < pipe` would break
 * `cat`. On Linux the pipe is opened again, so that the mode is ours alone.
 */
const ownDescription = (source: Source, mode: number): number => {
  if (process.platform !== 'linux' || !source.stats.isFIFO() || source.close) return source.fd
  try {
    return openSync(`/proc/self/fd/${source.fd}`, mode | constants.O_NONBLOCK)
  } catch {
    return source.fd
  }
}
