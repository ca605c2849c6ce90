import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import { systemCode } from '../../core/io/system-error.js'
import { SeenTable, type SeenTableOptions } from '../../core/tables/seen-table.js'
import { WideHash } from '../../core/tables/wide-hash.js'
import { writeAtomically } from '../files/atomic-write.js'
import { explainRead, explainWrite, StoreError } from '../store-error.js'
import { entrySize, headerSize, readHeader, readSeenTime, writeHeader } from './entries.js'

export type LoadedKeys = {
  readonly table: SeenTable
  /** Open for appending. */
  readonly fd: number
  /** Entries in the file, also those that are not in the table any more. */
  readonly entries: number
  readonly damaged: number
}

/** Reads a file of seen keys, creating it if it does not exist; an incomplete last entry is cut off. */
export const loadSeenKeys = (path: string, options: SeenTableOptions, now: number): LoadedKeys => {
  const fd = openSeenFile(path) ?? create(path)
  try {
    const { size } = fstatSync(fd)
    // A power failure, or another program, can leave it empty.
    if (size === 0) writeSync(fd, writeHeader(new WideHash().secret))
    const secret = readHeader(readAt(fd, 0, headerSize))
    if (secret === undefined)
      throw new StoreError('foreign', `${path} is not a file of dedupe --state; use another path`)
    if (secret === 'newer')
      throw new StoreError('newer', `${path} was written by a newer version of streamz; use that version`)
    const entries = Math.max(0, Math.floor((size - headerSize) / entrySize))
    const table = new SeenTable({ ...options, hasTimes: true, hash: new WideHash(secret), expected: entries })
    const damaged = readEntries(fd, entries, table, options.ttl, now)
    // What is appended must begin where an entry does.
    if (size > headerSize + entries * entrySize) ftruncateSync(fd, headerSize + entries * entrySize)
    return { table, fd, entries, damaged }
  } catch (error) {
    closeSync(fd)
    throw explainRead(error, path)
  }
}

/** Opens the file for appending; undefined if it does not exist. */
export const openSeenFile = (path: string): number | undefined => {
  try {
    // Without O_NONBLOCK, opening a planted named pipe would hang.
    const fd = openSync(path, constants.O_RDWR | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    if (fstatSync(fd).isFile()) return fd
    closeSync(fd)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw explainWrite(error, path)
  }
  throw new StoreError('foreign', `${path} is not a regular file; use another path`)
}

const create = (path: string): number => {
  writeAtomically(path, writeHeader(new WideHash().secret), { durable: true })
  const fd = openSeenFile(path)
  if (fd === undefined) throw new StoreError('unwritable', `${path} was removed as soon as it was made`)
  return fd
}

const entryWords = entrySize / 4
const fetchedWords = 256 * entryWords
const blockSize = 65_536 * entrySize

const readEntries = (
  fd: number,
  entries: number,
  table: SeenTable,
  ttl = Number.POSITIVE_INFINITY,
  now: number,
): number => {
  let damaged = 0
  for (let entry = 0; entry < entries; ) {
    const bytes = readAt(fd, headerSize + entry * entrySize, Math.min(blockSize, (entries - entry) * entrySize))
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2)
    for (let at = 0; at < words.length; at += entryWords, entry++) {
      if (at % fetchedWords === 0) table.fetch(words, at, Math.min(words.length, at + fetchedWords), entryWords)
      const time = readSeenTime(words, at)
      if (time < 0) damaged++
      else if (time + ttl > now) {
        const a = words[at] as number
        const b = words[at + 1] as number
        const c = words[at + 2] as number
        const d = words[at + 3] as number
        // A clock that was ahead must not keep a key longer than it would have been kept.
        table.addWords(a, b, c, d, Math.min(time, now))
      }
    }
    if (bytes.length === 0) break
  }
  return damaged
}

const readAt = (fd: number, position: number, length: number): Buffer => {
  const bytes = Buffer.allocUnsafeSlow(length)
  let filled = 0
  while (filled < length) {
    const count = readSync(fd, bytes, filled, length - filled, position + filled)
    if (count === 0) break
    filled += count
  }
  return bytes.subarray(0, filled - (filled % 4))
}
