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
import { crc32 } from 'node:zlib'
import type { Clock } from '../../core/clock.js'
import { syncFolder } from '../files/atomic-write.js'
import { describeHolder } from '../files/lock.js'
import { tryLongLock } from '../files/long-lock.js'
import { explainWrite, StoreError } from '../store-error.js'
import { formatEntry, type JournalWord } from './format.js'
import { type JournalHeader, journalVersion, loadJournal } from './load.js'
import type { FoundOutcome, Place } from './outcomes.js'
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
export type JournalLine = { readonly bytes: Buffer; readonly number: number; readonly file: string | undefined }

export type JournalNote = {
  readonly word: JournalWord
  readonly line: JournalLine
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
  has(line: Pick<JournalLine, 'number' | 'file'>): boolean
  find(line: Pick<JournalLine, 'number' | 'file'>): FoundOutcome | undefined
  /** Whether an outcome is that of a line with these bytes. */
  isOf(found: FoundOutcome, line: JournalLine): boolean
  /** The result of an outcome. */
  read(found: FoundOutcome): Buffer
  /** Notes an outcome; `written` is called when it is in the files, or cannot be. */
  note(note: JournalNote, written: () => void): void
  /** Notes what has become of the failure record of a line. */
  mark(word: 'kept' | 'done', line: Pick<JournalLine, 'number' | 'file'>): void
  /** Lines whose failure record may be lost, and lines whose earlier failure record has to be marked done. */
  listUnkept(): readonly Pick<JournalLine, 'number' | 'file'>[]
  listOwed(): readonly Pick<JournalLine, 'number' | 'file'>[]
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
    let texts: string[] = []
    let parts: Buffer[] = []
    let partsEnd = resultsEnd
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
      texts.push(formatHeader())
      return files.length - 1
    }

    const formatHeader = (): string =>
      `${JSON.stringify({ $streamz: journalVersion, created, ...wanted, files, adopted })}\n`

    const nameOf = ({ file, line }: Place) => ({
      number: line,
      file: files[file] === '-' ? undefined : files[file],
    })

    const write = (file: number, bytes: Buffer): void => {
      let length = 0
      while (length < bytes.length) {
        const count = writeSync(file, bytes, length)
        if (count === 0) throw new StoreError('full', `No space left to write ${path}; free some space`)
        length += count
      }
    }

    const flush = (): void => {
      const text = Buffer.from(texts.join(''))
      const bytes = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
      const done = waiting
      isScheduled = false
      texts = []
      parts = []
      waiting = []
      if (failed === undefined) {
        try {
          if (!lock?.stillMine()) throw new StoreError('busy', `The lock of ${path} was lost: run again`)
          if (bytes.length > 0) write(results, bytes)
          resultsEnd += bytes.length
          if (text.length > 0) write(journal, text)
          journalEnd += text.length
        } catch (error) {
          fail(error)
        }
        syncSoon()
      }
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

    const add = (word: JournalWord, line: Pick<JournalLine, 'number' | 'file'>, rest: Partial<JournalNote>): void => {
      const result = rest.result ?? nothing
      const file = numberOf(line.file)
      const content = rest.line === undefined ? 0 : crc32(rest.line.bytes)
      const facts = { file, line: line.number, attempts: rest.attempts ?? 0, ms: rest.ms ?? 0 }
      const where = { offset: partsEnd, length: result.length, content, id: rest.id }
      texts.push(formatEntry(word, { ...facts, ...where }, result))
      if (result.length > 0) parts.push(result)
      outcomes.note(word, file, line.number, partsEnd, result.length, content)
      partsEnd += result.length
      if (isScheduled) return
      isScheduled = true
      process.nextTick(flush)
    }

    const find = ({ number, file }: Pick<JournalLine, 'number' | 'file'>): FoundOutcome | undefined => {
      const known = numbers.get(file ?? '-')
      return known === undefined ? undefined : outcomes.find(known, number)
    }

    if (header === undefined) {
      write(journal, Buffer.from(formatHeader()))
      journalEnd = fstatSync(journal).size
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
      isOf: (found, line) => found.content === crc32(line.bytes),
      read: ({ offset, length }) => {
        const bytes = window.read(offset, length)
        if (bytes === undefined) throw new StoreError('unreadable', `${resultsOf(path)} has become shorter; run again`)
        return bytes
      },
      note(note, written) {
        waiting.push(written)
        add(note.word, note.line, note)
      },
      mark: (word, line) => add(word, line, {}),
      listUnkept: () => outcomes.listUnkept().map(nameOf),
      listOwed: () => outcomes.listOwed().map(nameOf),
      adopt() {
        adopted = true
        texts.push(formatHeader())
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

const nothing = Buffer.alloc(0)

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
