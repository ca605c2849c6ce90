import { closeSync, constants, fstatSync, openSync, type Stats, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import type { Lines } from '../lines.js'

/** The outcome of lines that were given to an output. */
export type Receipt = {
  /** So many records were taken whole, in so many lines (as many unless given). */
  delivered(records: number, lines?: number): void
  /** So many records will never be taken; the first of them came from this line of this input. */
  lost(records: number, number: number, file?: string): void
}

/** The other side is gone, cannot take more, or was given up on. */
export type OutputError = { readonly kind: 'closed' | 'failed' | 'abandoned'; readonly error: NodeJS.ErrnoException }

type Entry = {
  readonly lines: Lines
  readonly records: number
  readonly receipt: Receipt
  start: number
  readonly end: number
}

/** As much is gathered before a write is tried, and as much may wait before writers are held back. */
const highWater = 64 * 1024

/**
 * Writes lines to a descriptor: in order, with back-pressure, short writes handled, and an exact account of what the other
 * side has taken. Pipes are written without blocking, so that timers and signals live while the reader sleeps.
 */
export class Output {
  /** Called after each write, when its receipts have been told. */
  onTaken: (() => void) | undefined
  #queue: Entry[] = []
  #queued = 0
  #waiting = false
  #scheduled = false
  #drained: { promise: Promise<void>; resolve: () => void } | undefined
  #error: OutputError | undefined
  #bytesWritten = 0
  #wipe: Lines | undefined
  #block: Buffer | undefined
  readonly #given: number
  readonly #fd: number
  readonly #nonBlocking: boolean
  #socket: import('node:net').Socket | undefined

  constructor(
    fd: number,
    /** Called once, when the other side is gone or full. */
    readonly onError: (error: OutputError) => void = () => {},
  ) {
    const stats = fstatSync(fd)
    this.#given = fd
    this.#nonBlocking = stats.isFIFO() || stats.isSocket()
    this.#fd = this.#open(fd, stats)
    // What could not be opened again is made non-blocking by the socket.
    if (this.#nonBlocking && this.#fd === fd) this.#wakeSocket()
  }

  get bytesWritten(): number {
    return this.#bytesWritten
  }

  get error(): OutputError | undefined {
    return this.#error
  }

  /** Nothing waits to be written. */
  get empty(): boolean {
    return this.#queue.length === 0
  }

  /** Takes lines over. A returned promise asks to hold back until the other side has taken more. */
  write(lines: Lines, records: number, receipt: Receipt): void | Promise<void> {
    if (this.#error !== undefined) return receipt.lost(records, lines.number, lines.file)
    if (this.#wipe !== undefined) {
      this.#add(this.#wipe, 0, nobody)
      this.#wipe = undefined
    }
    this.#add(lines, records, receipt)
    if (this.#queued >= highWater) return this.flush()
    if (!this.#scheduled && !this.#waiting) {
      this.#scheduled = true
      setImmediate(() => {
        this.#scheduled = false
        this.flush()
      })
    }
  }

  /** Shows something for people until the next write: `wipe` goes ahead of that. */
  draw(picture: Lines, wipe: Lines): void {
    this.#wipe = undefined
    void this.write(picture, 0, nobody)
    this.#wipe = wipe
  }

  /** Writes what can be written now; a returned promise settles when nothing waits any more. */
  flush(): void | Promise<void> {
    if (!this.#waiting && this.#error === undefined) this.#pump()
    if (this.#queue.length > 0) return this.#whenDrained()
  }

  /** Gives up on what still waits and on all that comes, without telling `onError`: the account says it is lost. */
  abandon(): void {
    this.#giveUp({ kind: 'abandoned', error: new Error('The reader did not read its data in time') })
    this.#socket?.destroy()
  }

  /** Lets go of the descriptor; everything must have been flushed or abandoned. */
  close(): void {
    if (this.#socket !== undefined) this.#socket.destroy()
    else if (this.#fd !== this.#given) closeSync(this.#fd)
    this.#socket = undefined
  }

  #open(fd: number, stats: Stats): number {
    const isTerminal = stats.isCharacterDevice() && isatty(fd)
    if (process.platform !== 'linux' || !(stats.isFIFO() || isTerminal)) return fd
    // Non-blocking mode would leak to processes that share the pipe: opened again, the mode is ours alone. A terminal that is
    // held by ^S would hold our signals, too.
    try {
      return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENXIO') queueMicrotask(() => this.#fail({ kind: 'closed', error: error as NodeJS.ErrnoException }))
      return fd
    }
  }

  #add(lines: Lines, records: number, receipt: Receipt): void {
    const start = lines.length === 0 ? 0 : lines.start(0)
    const end = start + lines.byteLength
    this.#queue.push({ lines, records, receipt, start, end })
    this.#queued += end - start
  }

  #whenDrained(): Promise<void> {
    if (this.#drained === undefined) {
      let resolve = () => {}
      const promise = new Promise<void>(done => {
        resolve = done
      })
      this.#drained = { promise, resolve }
    }
    return this.#drained.promise
  }

  #pump(): void {
    try {
      while (this.#queue.length > 0) {
        const block = this.#nextBlock()
        if (block.length === 0) this.#account(0)
        else {
          const count = writeSync(this.#fd, block, 0, block.length)
          this.#bytesWritten += count
          this.#account(count)
        }
      }
    } catch (error) {
      const failure = error as NodeJS.ErrnoException
      if (failure.code === 'EAGAIN') return this.#waitForRoom()
      return this.#fail({ kind: isClosed(failure) ? 'closed' : 'failed', error: failure })
    }
    this.#drained?.resolve()
    this.#drained = undefined
  }

  /** Neighbouring small entries leave as one write. */
  #nextBlock(): Buffer {
    const first = this.#queue[0] as Entry
    const size = first.end - first.start
    if (this.#queue.length === 1 || size >= highWater / 2) return view(first, size)
    // The same memory for every write: it is free again when the write returns.
    this.#block ??= Buffer.allocUnsafeSlow(highWater)
    let total = 0
    for (const entry of this.#queue) {
      const length = entry.end - entry.start
      if (total + length > highWater) break
      total += view(entry, length).copy(this.#block, total)
    }
    return this.#block.subarray(0, total)
  }

  #account(count: number): void {
    let rest = count
    this.#queued -= count
    let done = 0
    for (const entry of this.#queue) {
      const length = entry.end - entry.start
      if (length > rest) {
        entry.start += rest
        break
      }
      rest -= length
      done++
      entry.receipt.delivered(entry.records, entry.lines.length)
    }
    if (done === this.#queue.length) this.#queue = []
    else this.#queue.splice(0, done)
    if (done > 0) this.onTaken?.()
  }

  /**
   * Node has no call that waits until a descriptor can be written, but a socket writes one byte when it can: that byte is
   * the next of the data, everything else goes through `writeSync`, which tells exactly what was taken.
   */
  #waitForRoom(): void {
    this.#waiting = true
    // What has no bytes in front of the first byte has been taken.
    this.#account(0)
    const first = this.#queue[0]
    if (first === undefined) return
    const resume = () => {
      this.#waiting = false
      this.flush()
    }
    if (!this.#nonBlocking) {
      // Another process has made a terminal or file non-blocking.
      setTimeout(resume, 5)
      return
    }
    this.#wakeSocket().write(view(first, 1), error => {
      if (error || this.#error !== undefined) return
      this.#bytesWritten++
      this.#account(1)
      resume()
    })
  }

  #wakeSocket(): import('node:net').Socket {
    if (this.#socket === undefined) {
      const { Socket } = process.getBuiltinModule('node:net')
      this.#socket = new Socket({ fd: this.#fd, readable: false, writable: true })
      this.#socket.on('error', error => this.#fail({ kind: isClosed(error) ? 'closed' : 'failed', error }))
    }
    return this.#socket
  }

  #fail(error: OutputError): void {
    if (this.#error !== undefined) return
    this.#giveUp(error)
    this.onError(error)
  }

  #giveUp(error: OutputError): void {
    if (this.#error !== undefined) return
    this.#error = error
    const lost = this.#queue
    this.#queue = []
    this.#queued = 0
    for (const entry of lost) settleCutEntry(entry)
    this.#drained?.resolve()
    this.#drained = undefined
  }
}

/** For lines that are not records: their outcome does not matter. */
export const nobody: Receipt = { delivered: () => {}, lost: () => {} }

const view = ({ lines, start }: Entry, length: number): Buffer => lines.bytes.subarray(start, start + length)

const isClosed = (error: NodeJS.ErrnoException) => error.code === 'EPIPE' || error.code === 'ECONNRESET'

/** Where a line is a record, the whole lines that were taken are delivered; the rest is not. */
const settleCutEntry = ({ lines, records, receipt, start }: Entry): void => {
  let whole = 0
  if (records === lines.length) while (whole < records && lines.end(whole) <= start) whole++
  if (whole > 0) receipt.delivered(whole)
  if (records > whole) receipt.lost(records - whole, lines.number + whole, lines.file)
}
