import { closeSync, fdatasync, fsyncSync, ftruncateSync, writeSync } from 'node:fs'
import type { Clock } from '../../core/clock.js'
import type { Receipt } from '../../core/io/output.js'
import type { SeenTable } from '../../core/tables/seen-table.js'
import { writeAtomically } from '../files/atomic-write.js'
import { describeHolder } from '../files/lock.js'
import { tryLongLock } from '../files/long-lock.js'
import { removeLeftOvers } from '../files/temporary.js'
import { explainWrite, StoreError } from '../store-error.js'
import { entrySize, headerSize, putEntry, writeTable } from './entries.js'
import { loadSeenKeys, openSeenFile } from './load.js'

export type SeenLogOptions = {
  readonly path: string
  readonly maxKeys: number
  readonly ttl?: number | undefined
  readonly clock: Clock
  readonly warn: (message: string) => void
  /** Called once, when nothing more can be recorded. */
  readonly onError: (error: StoreError) => void
}

/** Keys that were seen, in a file that outlives the run. */
export type SeenLog = {
  /** The keys seen in this run and earlier ones; times are by the wall clock. */
  readonly table: SeenTable
  /** A record was handed to the output; a new key is the one that the table was given last. */
  left(isNew: boolean): void
  /** The outcome of the records that were handed over, in their order. */
  readonly receipt: Receipt
  /** Writes down the keys whose records were taken: to be called after each write of the output. */
  record(): void
  /** Writes and syncs the rest, and lets go of the file. Throws a StoreError. */
  close(): Promise<void>
}

const wordsOf = entrySize / 4

/** The file is rewritten when it has more than this many unneeded entries. */
const slack = 65_536

/**
 * Opens the file for this process alone. Throws a StoreError: `busy` when another one has it. A key is appended when the output has
 * taken its record: who is killed in between sees the record again, and none is lost.
 */
export const openSeenLog = ({ path, maxKeys, ttl, clock, warn, onError }: SeenLogOptions): SeenLog => {
  const lock = tryLongLock(path, clock)
  if (lock === undefined) {
    throw new StoreError('busy', `${path} is in use by ${describeHolder(path)}; run again when it has ended`)
  }
  removeLeftOvers(path)
  let loaded: ReturnType<typeof loadSeenKeys>
  try {
    loaded = loadSeenKeys(path, { max: maxKeys, ttl }, clock.wall())
  } catch (error) {
    lock.release()
    throw error
  }
  const { table, damaged } = loaded
  let { fd, entries } = loaded
  if (damaged > 0) warn(`${damaged} damaged entries of ${path} are ignored; their records may pass again`)
  let compactAbove = 0
  // Entries of records that were handed over: up to `taken` they were taken, before `written` recorded.
  let pending = new Int32Array(1024 * wordsOf)
  let end = 0
  let taken = 0
  let written = 0
  let withoutKey = 0
  let failed: StoreError | undefined
  let cancelSync: (() => void) | undefined
  let syncing: Promise<void> | undefined

  const fail = (error: unknown): void => {
    if (failed !== undefined) return
    failed = explainWrite(error, path)
    onError(failed)
  }

  const grow = (): void => {
    const used = end - written
    const next = used > pending.length / 2 ? new Int32Array(2 * pending.length) : pending
    next.set(pending.subarray(written, end))
    pending = next
    taken -= written
    end = used
    written = 0
  }

  /** The bytes of what was taken; records that have no key leave nothing. */
  const readTaken = (): Buffer => {
    const words = pending.subarray(written, taken)
    const bytes = Buffer.from(words.buffer, words.byteOffset, words.byteLength)
    if (withoutKey === 0) return bytes
    const parts: Buffer[] = []
    for (let at = 0; at < words.length; at += wordsOf) {
      if (words[at + 5] === 0) withoutKey--
      else parts.push(bytes.subarray(4 * at, 4 * at + entrySize))
    }
    return Buffer.concat(parts)
  }

  const append = (bytes: Buffer): void => {
    const count = writeSync(fd, bytes)
    if (count < bytes.length) {
      // Half an entry would put all later ones out of step.
      ftruncateSync(fd, headerSize + entries * entrySize)
      throw new StoreError('full', `No space to write ${path}; free some space`)
    }
    entries += bytes.length / entrySize
  }

  const countNotRecorded = (): number => {
    let count = 0
    for (let at = written; at < end; at += wordsOf) if (pending[at + 5] !== 0) count++
    return count
  }

  const compact = (): void => {
    if (entries <= Math.max(2 * table.size + slack, compactAbove)) return
    try {
      const bytes = writeTable(table, countNotRecorded())
      writeAtomically(path, bytes, { durable: true, isStillWanted: lock.stillMine })
      const next = openSeenFile(path)
      if (next === undefined) throw new StoreError('unwritable', `${path} was removed`)
      closeSync(fd)
      fd = next
      entries = (bytes.length - headerSize) / entrySize
      compactAbove = 0
    } catch (error) {
      // The old file is complete and stays in use.
      compactAbove = 2 * entries
      warn(`${path} is larger than necessary: ${explainWrite(error, path).message}`)
    }
  }

  const syncSoon = (): void => {
    cancelSync ??= clock.after(1000, () => {
      syncing = new Promise(resolve => {
        fdatasync(fd, () => {
          cancelSync = undefined
          resolve()
        })
      })
    })
  }

  const record = (): void => {
    if (taken === written || failed !== undefined) return
    try {
      if (!lock.stillMine()) throw new StoreError('busy', `The lock of ${path} was lost: run again`)
      const bytes = readTaken()
      if (bytes.length > 0) append(bytes)
      written = taken
      if (written === end) written = taken = end = 0
    } catch (error) {
      return fail(error)
    }
    syncSoon()
    compact()
  }

  compact()
  return {
    table,
    left(isNew) {
      if (end === pending.length) grow()
      if (isNew) {
        const { a, b, c, d } = table.hash
        putEntry(pending, end, a, b, c, d, table.newest)
      } else {
        pending.fill(0, end, end + wordsOf)
        withoutKey++
      }
      end += wordsOf
    },
    receipt: {
      delivered(records) {
        taken = Math.min(end, taken + records * wordsOf)
      },
      // The run is over for the output, and nothing later is taken.
      lost() {},
    },
    record,
    async close() {
      record()
      cancelSync?.()
      await syncing
      try {
        if (failed === undefined) fsyncSync(fd)
      } catch (error) {
        fail(error)
      } finally {
        closeSync(fd)
        lock.release()
      }
      if (failed !== undefined) throw failed
    },
  }
}
