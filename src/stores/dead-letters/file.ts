import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs'
import { type SplitSink, Splitter } from '../../core/io/split.js'
import { systemCode } from '../../core/io/system-error.js'
import { acquire } from '../files/lock.js'
import { findLastLine } from '../files/torn-line.js'
import { explainRead, StoreError } from '../store-error.js'

/** A dead-letter file as it was at one moment: lines appended later are not read. */
export type DeadLetterFile = {
  readonly path: string
  readonly fd: number
  readonly stats: Stats
  /** Bytes to read. */
  readonly size: number
  /**
   * Reads all of it from the beginning. After each part `next` is called; its promise holds back the next part. With
   * `reuse` lines hold only until the sink returns: the memory of each part takes the next one.
   */
  walk(sink: SplitSink, next?: () => void | Promise<void>, reuse?: boolean): Promise<void>
  close(): void
}

export type OpenOptions = {
  /** Longest record in bytes. */
  readonly maxLine: number
  /** Leaves half a line at the end alone: the next append sets it aside. */
  readonly wholeLines?: boolean
}

/** Opens a dead-letter file; throws a StoreError that says why it cannot be read. */
export const openDeadLetterFile = async (path: string, options: OpenOptions): Promise<DeadLetterFile> => {
  const { maxLine, wholeLines = false } = options
  const fd = open(path)
  const stats = fstatSync(fd)
  const measured = await measure(path, fd)
  const size = wholeLines && !endsInNewline(fd, measured) ? findLastLine(fd, measured) : measured
  return {
    path,
    fd,
    stats,
    size,
    async walk(sink, next, reuse = false) {
      const splitter = new Splitter({ maxLine, file: path, slab }, sink)
      for (let offset = 0; offset < size; ) {
        const space = splitter.space()
        const count = readSync(fd, space, 0, Math.min(space.length, size - offset), offset)
        // The file gets shorter when another process sets a torn tail aside.
        if (count === 0) break
        offset += count
        splitter.took(count)
        if (reuse) splitter.reuse()
        await next?.()
      }
      splitter.end()
      await next?.()
    },
    close: () => closeSync(fd),
  }
}

const slab = 256 * 1024

const open = (path: string): number => {
  let fd: number | undefined
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    if (!fstatSync(fd).isFile()) throw new StoreError('foreign', `${path} is not a regular file: dead letters need one`)
    return fd
  } catch (error) {
    if (fd !== undefined) closeSync(fd)
    if (systemCode(error) === 'ENOENT') {
      throw new StoreError('unreadable', `Dead-letter file ${path} does not exist`, { cause: error })
    }
    throw explainRead(error, path)
  }
}

/** Half a line at the end may be one that is just being appended: under the lock it is whole, or a crash has cut it off. */
const measure = async (path: string, fd: number): Promise<number> => {
  const { size } = fstatSync(fd)
  if (endsInNewline(fd, size)) return size
  try {
    const held = await acquire(path)
    const measured = fstatSync(fd).size
    held?.release()
    return measured
  } catch {
    // A user who can only read the file cannot lock it.
    return size
  }
}

const endsInNewline = (fd: number, size: number): boolean => {
  if (size === 0) return true
  const last = Buffer.alloc(1)
  readSync(fd, last, 0, 1, size - 1)
  return last[0] === 10
}
