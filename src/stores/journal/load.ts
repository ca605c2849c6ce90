import { fstatSync, readSync } from 'node:fs'
import { StoreError } from '../store-error.js'
import { ReadEntry } from './format.js'
import { Outcomes } from './outcomes.js'
import { FileWindow } from './window.js'

/** What the journal was begun for: hashes by name, never the values themselves. */
export type JournalHeader = {
  readonly created: string
  /** Everything that shapes a result. */
  readonly call: Readonly<Record<string, string>>
  /** Everything that is known of the input before it is read. */
  readonly input: Readonly<Record<string, string>>
  /** Names of the files, by their number in the lines. */
  readonly files: readonly string[]
  /** It went on for something else than it was begun for. */
  readonly adopted?: boolean
}

export type LoadedJournal = {
  /** Undefined for a journal that ends before its first line does. */
  readonly header: JournalHeader | undefined
  readonly outcomes: Outcomes
  /** The bytes of the journal up to its last good line, and of the results that it speaks of. */
  readonly journalEnd: number
  readonly resultsEnd: number
  /** Bytes behind the last good line. */
  readonly torn: number
  /** Lines before it that are damaged, or whose result is. */
  readonly damaged: number
}

export const journalVersion = 'journal/1'

/** Reads a journal and its results, and checks each line. Throws a StoreError for a file that is none. */
export const loadJournal = (path: string, journal: number, results: number): LoadedJournal => {
  const size = fstatSync(journal).size
  const outcomes = new Outcomes()
  const window = new FileWindow(results)
  const entry = new ReadEntry()
  let header: JournalHeader | undefined
  let journalEnd = 0
  let resultsEnd = 0
  let bad = 0
  let damaged = 0

  const readLine = (bytes: Buffer, start: number, end: number): boolean => {
    if (bytes[start] === 0x7b) {
      const next = parseHeader(bytes.toString('utf8', start, end))
      header = next ?? header
      return next !== undefined
    }
    if (header === undefined || !entry.read(bytes, start, end)) return false
    const { word, file, line, offset, length, content } = entry
    const at = window.find(offset, length)
    if (at === -1 || !entry.isIntact(bytes, start, window.block, at)) return false
    outcomes.note(word, file, line, offset, length, content)
    resultsEnd = Math.max(resultsEnd, offset + length)
    return true
  }

  eachLine(journal, size, (bytes, start, end, place) => {
    if (!readLine(bytes, start, end)) {
      if (place === 0) refuseForeign(path, bytes, start)
      bad++
      return
    }
    damaged += bad
    bad = 0
    journalEnd = place + end + 1 - start
  })
  if (header === undefined && size > 0) refuseTornForeign(path, journal, size)
  return { header, outcomes, journalEnd, resultsEnd, torn: size - journalEnd, damaged }
}

const eachLine = (
  fd: number,
  size: number,
  take: (bytes: Buffer, start: number, end: number, place: number) => void,
): void => {
  let block = Buffer.allocUnsafeSlow(1024 * 1024)
  let held = 0
  for (let offset = 0; offset < size; ) {
    if (held === block.length) block = Buffer.concat([block], 2 * block.length)
    const count = readSync(fd, block, held, Math.min(block.length - held, size - offset), offset)
    if (count === 0) return
    const place = offset - held
    offset += count
    const filled = held + count
    let start = 0
    for (let end = block.indexOf(10); end !== -1 && end < filled; end = block.indexOf(10, start)) {
      take(block, start, end, place + start)
      start = end + 1
    }
    block.copyWithin(0, start, filled)
    held = filled - start
  }
}

const parseHeader = (text: string): JournalHeader | undefined => {
  try {
    const { $streamz, created, call, input, files, adopted } = JSON.parse(text)
    return $streamz === journalVersion && Array.isArray(files) ? { created, call, input, files, adopted } : undefined
  } catch {
    return undefined
  }
}

const beginning = '{"$streamz":"journal/'

const refuseForeign = (path: string, bytes: Buffer, start: number): void => {
  const text = bytes.toString('latin1', start, start + beginning.length)
  if (text !== beginning) throw new StoreError('foreign', `${path} is not a journal of streamz; use another file`)
  const version = /^\d+/.exec(bytes.toString('latin1', start + beginning.length, start + beginning.length + 20))?.[0]
  if (version !== '1')
    throw new StoreError('newer', `${path} was written by another version of streamz; use the newer one`)
  throw new StoreError('unreadable', `The first line of ${path} is damaged; remove it and its results to start again`)
}

const refuseTornForeign = (path: string, fd: number, size: number): void => {
  const first = Buffer.alloc(Math.min(size, beginning.length))
  readSync(fd, first, 0, first.length, 0)
  // A power loss in the moment of its creation.
  if (beginning.startsWith(first.toString('latin1')) || first.every(byte => byte === 0)) return
  throw new StoreError('foreign', `${path} is not a journal of streamz; use another file`)
}
