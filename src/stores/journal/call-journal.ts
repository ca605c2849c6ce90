import {
  closeSync,
  constants,
  existsSync,
  fdatasync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '../../core/clock.js'
import { Lines } from '../../core/lines.js'
import { syncFolder } from '../files/atomic-write.js'
import { describeHolder } from '../files/lock.js'
import { tryLongLock } from '../files/long-lock.js'
import { explainWrite, StoreError } from '../store-error.js'
import { checksum } from './checksum.js'
import { type JournalWord, maxEntryBytes, writeEntry } from './format.js'
import { Gathered } from './gathered.js'
import { type JournalHeader, journalVersion, loadJournal } from './load.js'
import type { FoundOutcome, LinePlace } from './outcomes.js'
import { readRun } from './read-run.js'
import { FileWindow } from './window.js'

export type CallJournalOptions = {
  readonly path: string
  readonly clock: Clock
  /** What it is for, see `JournalHeader`. */
  readonly wanted: Pick<JournalHeader, 'call' | 'input'>
  readonly warn: (message: string) => void
  /** Called once, when nothing more can be written. */
  readonly onError: (error: StoreError) => void
}

/** The line of an input that a call is made for. */
export type CalledPlace = { readonly number: number; readonly file: string | undefined }

export type CalledLine = CalledPlace & { readonly bytes: Buffer }

export type JournalNote = {
  readonly word: JournalWord
  readonly line: CalledLine
  readonly result: Buffer
  readonly attempts: number
  readonly ms: number
  readonly id: string | undefined
}

/** The outcomes of calls, in two files that outlive the run: what was noted survives `kill -9`. */
export type CallJournal = {
  /** What it was begun for; undefined when it is new. */
  readonly before: JournalHeader | undefined
  /** When it was begun, wall clock. */
  readonly created: number
  /** It went on for something else than it was begun for: it may have outcomes of lines that are not there any more. */
  readonly isAdopted: boolean
  /** How many lines have an outcome. */
  readonly size: number
  has(line: CalledPlace): boolean
  find(line: CalledPlace): FoundOutcome | undefined
  /** Whether an outcome is that of a line with these bytes. */
  isOf(found: FoundOutcome, line: CalledLine): boolean
  /** The result of an outcome. */
  read(found: FoundOutcome): Buffer
  /** The results of the first of some lines, see `readRun`. */
  readRun(lines: Lines): Lines
  /** Notes an outcome; `written` is called when it is in the files, or cannot be. */
  note(note: JournalNote, written: () => void): void
  /** Notes what has become of the failure record of a line. */
  mark(word: 'kept' | 'done', line: CalledPlace): void
  /** Lines whose failure record may be lost, and lines whose earlier failure record has to be marked done. */
  listUnkept(): readonly CalledPlace[]
  listOwed(): readonly CalledPlace[]
  /** Goes on although it was begun for something else: from now on it is for this. */
  adopt(): void
  /** Writes and syncs the rest, and lets go of the files. Throws a StoreError. */
  close(): Promise<void>
}

/** The file with the results of a journal. */
export const resultsOf = (path: string): string => `${path}.results`

/** Opens or creates a journal for this process alone. Throws a StoreError: `busy` when another process has it. */
export const openCallJournal = (options: CallJournalOptions): CallJournal => {
  const { path, clock, wanted, warn } = options
  const lock = tryLongLock(path, clock)
  if (lock === undefined)
    throw new StoreError('busy', `${path} is in use by ${describeHolder(path)}; run again when it has ended`)
  const open: number[] = []
  const openFile = (name: string): number => {
    const file = openOwn(name)
    open.push(file)
    return file
  }
  try {
    const isNew = !existsSync(path)
    return build(openFile(path), openFile(resultsOf(path)), isNew)
  } catch (error) {
    for (const file of open) closeSync(file)
    lock.release()
    throw explainWrite(error, path)
  }

  function build(journal: number, results: number, isNew: boolean): CallJournal {
    const loaded = loadJournal(path, journal, results)
    if (loaded.header === undefined && fstatSync(results).size > 0) {
      throw new StoreError(
        'foreign',
        `${resultsOf(path)} has no journal: it belongs to one that was removed, or to something else; move it away, or use another name`,
      )
    }
    const { outcomes, header } = loaded
    let journalEnd = cut(journal, loaded.journalEnd)
    let resultsEnd = cut(results, loaded.resultsEnd)
    if (loaded.torn > 0 && header !== undefined)
      warn(`The last ${loaded.torn} bytes of ${path} are damaged and were cut off; their records are called again`)
    if (loaded.damaged > 0)
      warn(`${loaded.damaged} damaged outcomes of ${path} are ignored; their records are called again`)
    const files: string[] = [...(header?.files ?? [])]
    const numbers = new Map(files.map((name, index) => [name, index]))
    const created = header?.created ?? new Date(clock.wall()).toISOString()
    const window = new FileWindow(results)
    let adopted = header?.adopted
    let failed: StoreError | undefined
    // Of one turn of the event loop.
    const texts = new Gathered(16 * 1024)
    const parts = new Gathered(64 * 1024)
    let waiting: (() => void)[] = []
    let isScheduled = false
    let cancelSync: (() => void) | undefined
    let syncing: Promise<void> | undefined

    const numberOf = (file: string | undefined): number => {
      const name = file ?? '-'
      const known = numbers.get(name)
      if (known !== undefined) return known
      files.push(name)
      numbers.set(name, files.length - 1)
      texts.add(formatHeader())
      return files.length - 1
    }

    const formatHeader = (): Buffer =>
      Buffer.from(`${JSON.stringify({ $streamz: journalVersion, created, ...wanted, files, adopted })}\n`)

    const nameOf = ({ file, line }: LinePlace) => ({
      number: line,
      file: files[file] === '-' ? undefined : files[file],
    })

    const write = (file: number, { bytes, length }: Gathered): number => {
      for (let at = 0; at < length; ) {
        const count = writeSync(file, bytes, at, length - at)
        if (count === 0) throw new StoreError('full', `No space left to write ${path}; free some space`)
        at += count
      }
      return length
    }

    const flush = (): void => {
      const done = waiting
      isScheduled = false
      waiting = []
      if (failed === undefined) {
        try {
          if (!lock?.stillMine()) throw new StoreError('busy', `The lock of ${path} was lost: run again`)
          if (parts.length > 0) resultsEnd += write(results, parts)
          journalEnd += write(journal, texts)
        } catch (error) {
          fail(error)
        }
        syncSoon()
      }
      texts.length = 0
      parts.length = 0
      for (const tell of done) tell()
    }

    const fail = (error: unknown): void => {
      failed = explainWrite(error, path)
      try {
        // Half a line would have to be cut off by the next run.
        if (lock?.stillMine()) {
          ftruncateSync(journal, journalEnd)
          ftruncateSync(results, resultsEnd)
        }
      } catch {
        // The next run cuts it off.
      }
      options.onError(failed)
    }

    const syncSoon = (): void => {
      cancelSync ??= clock.after(1000, () => {
        syncing = syncBoth(results, journal).then(() => {
          cancelSync = undefined
        })
      })
    }

    const add = (word: JournalWord, at: CalledPlace, content: number, note: AddedNote): void => {
      const { result } = note
      const file = numberOf(at.file)
      const offset = resultsEnd + parts.length
      const id = note.id === undefined ? 'null' : JSON.stringify(note.id)
      const { length } = result
      const { attempts, ms } = note
      texts.reserve(maxEntryBytes(id))
      const entry = { word, file, line: at.number, attempts, ms, offset, length, content, id }
      texts.length = writeEntry(texts.bytes, texts.length, entry, result)
      if (length > 0) parts.add(result)
      outcomes.note(word, file, at.number, offset, length, content)
      if (isScheduled) return
      isScheduled = true
      // When all that has come in was looked at: calls that end together share their writes.
      setImmediate(flush)
    }

    const find = ({ number, file }: CalledPlace): FoundOutcome | undefined => {
      const known = numbers.get(file ?? '-')
      return known === undefined ? undefined : outcomes.find(known, number)
    }

    if (header === undefined) {
      texts.add(formatHeader())
      flush()
    }
    if (isNew) {
      fsyncSync(journal)
      syncFolder(dirname(path))
    }
    return {
      before: header,
      created: Date.parse(created),
      get isAdopted() {
        return adopted === true
      },
      get size() {
        return outcomes.size
      },
      has({ number, file }) {
        const known = numbers.get(file ?? '-')
        return known !== undefined && outcomes.has(known, number)
      },
      find,
      isOf: ({ content }, { bytes }) => content === checksum(bytes, 0, bytes.length),
      read: ({ offset, length }) => {
        const bytes = window.read(offset, length)
        if (bytes === undefined) throw new StoreError('unreadable', `${resultsOf(path)} has become shorter; run again`)
        return bytes
      },
      readRun(lines) {
        const known = numbers.get(lines.file ?? '-')
        return known === undefined ? Lines.none : readRun(outcomes, known, lines, window)
      },
      note(note, written) {
        waiting.push(written)
        const { bytes } = note.line
        add(note.word, note.line, checksum(bytes, 0, bytes.length), note)
      },
      mark: (word, line) => add(word, line, 0, marked),
      listUnkept: () => outcomes.listUnkept().map(nameOf),
      listOwed: () => outcomes.listOwed().map(nameOf),
      adopt() {
        adopted = true
        texts.add(formatHeader())
        flush()
      },
      async close() {
        if (texts.length > 0) flush()
        cancelSync?.()
        await syncing
        try {
          if (failed === undefined) {
            fsyncSync(results)
            fsyncSync(journal)
          }
        } catch (error) {
          failed = explainWrite(error, path)
        } finally {
          closeSync(results)
          closeSync(journal)
          lock?.release()
        }
        if (failed !== undefined) throw failed
      },
    }
  }
}

type AddedNote = Pick<JournalNote, 'result' | 'attempts' | 'ms' | 'id'>

const marked: AddedNote = { result: Buffer.alloc(0), attempts: 0, ms: 0, id: undefined }

const openOwn = (path: string): number => {
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants
  const file = openSync(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600)
  if (fstatSync(file).isFile()) return file
  closeSync(file)
  throw new StoreError('foreign', `${path} is not a regular file; use another path`)
}

const cut = (file: number, end: number): number => {
  if (fstatSync(file).size > end) ftruncateSync(file, end)
  return end
}

/** The results first: a line without its result is one that the next run ignores. */
const syncBoth = (results: number, journal: number): Promise<void> =>
  new Promise(resolve => {
    fdatasync(results, () => fdatasync(journal, () => resolve()))
  })
