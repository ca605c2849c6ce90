import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  openSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '../../core/clock.js'
import { formatSize } from '../../core/io/format-size.js'
import type { Receipt } from '../../core/io/output.js'
import type { Lines } from '../../core/lines.js'
import { syncFolder } from '../files/atomic-write.js'
import { acquire, describeHolder, type Held } from '../files/lock.js'
import { mendLastLine } from '../files/torn-line.js'
import { explainWrite, StoreError } from '../store-error.js'
import { nameEntries } from './name-entries.js'

export type DeadLetterOptions = {
  readonly path: string
  readonly clock: Clock
  /** Called when a torn last line, left by a crash, was set aside. */
  readonly warn: (message: string) => void
  /** Takes the lines that the file cannot take. */
  readonly fallback: (lines: Lines, receipt: Receipt) => void
  /** Called once, when the file has failed. */
  readonly onError: (error: StoreError) => void
  /** Longest the file may become, in bytes: what would make it longer is not taken. */
  readonly max?: number | undefined
  /** The lines are appended as they are, without a new entry. */
  readonly asTheyAre?: boolean
}

type Waiting = { readonly lines: Lines; readonly records: number; readonly receipt: Receipt }
type Written = { readonly group: readonly Waiting[]; readonly bytes: Buffer }

/**
 * An append-only file of failure records that several processes may append to at once: whole lines, under a lock, synced at
 * most a second after they were written and before `close` settles. Only then is a line kept.
 */
export type DeadLetters = {
  append(lines: Lines, receipt: Receipt): void
  /** Settles when everything is written. */
  flush(): void | Promise<void>
  /** Waits for the lock no longer: what is not written goes to `fallback`. */
  abandon(): void
  /** Settles when everything is written and synced. */
  close(): Promise<void>
}

/** Opens the file, creating it for its owner only; throws a StoreError that says what is wrong. */
export const openDeadLetters = (options: DeadLetterOptions): DeadLetters => {
  const { path, clock } = options
  let file = openToAppend(path)
  let queue: Waiting[] = []
  // Written while the lock may have been lost: to be written again, with the same names, if the file was replaced.
  const doubted: Written[] = []
  let unsynced: Waiting[] = []
  let unsyncedBytes = 0
  let broken = false
  let writing: Promise<void> | undefined
  let scheduled = false
  let cancelSync: (() => void) | undefined
  // A file that was empty may be new: its name must survive a power loss as well.
  let isNew = fstatSync(file).size === 0
  const patience = new AbortController()

  const write = async (): Promise<void> => {
    while ((queue.length > 0 || doubted.length > 0) && !broken) {
      let held: Held | undefined
      try {
        held = await acquire(path, { timeout: lockTimeout, clock, signal: patience.signal })
        if (held === undefined) throw new StoreError('busy', `The lock of ${path} is held by ${describeHolder(path)}`)
        appendAll(held)
      } catch (error) {
        fail(explainWrite(error, path))
      } finally {
        held?.release()
      }
    }
    writing = undefined
  }

  const appendAll = (held: Held): void => {
    const isElsewhere = isReplaced(file, path)
    if (isElsewhere) reopen()
    const torn = mendLastLine(file, {
      path,
      wall: clock.wall(),
      confirm() {
        if (!held.stillMine()) throw new StoreError('busy', `The lock of ${path} was lost: run again`)
      },
    })
    if (torn !== undefined) {
      options.warn(`The last line of ${path} was cut off by a crash; its ${torn.bytes} bytes are kept in ${torn.aside}`)
    }
    if (!isElsewhere) for (const written of doubted.splice(0)) keep(written)
    if (queue.length > 0) {
      const group = queue
      queue = []
      const lines = group.map(one => one.lines)
      const bytes = options.asTheyAre ? Buffer.concat(lines.map(one => one.view())) : nameEntries(lines)
      doubted.push({ group, bytes })
    }
    const bytes = Buffer.concat(doubted.map(written => written.bytes))
    const { size } = fstatSync(file)
    let length = 0
    try {
      refuseBeyond(options.max, size, bytes.length, path)
      while (length < bytes.length) length += writeSync(file, bytes, length)
    } catch (error) {
      // Half a group is worse than none: everything of it goes elsewhere. Others may have appended if the lock was lost.
      if (held.stillMine() && fstatSync(file).size === size + length) ftruncateSync(file, size)
      throw error
    }
    // After a stall another process may have had the lock, and may be about to put another file in the place of this one.
    if (held.stillMine() && !isReplaced(file, path)) for (const written of doubted.splice(0)) keep(written)
  }

  const keep = ({ group, bytes }: Written): void => {
    for (const one of group) unsynced.push(one)
    unsyncedBytes += bytes.length
    // They are held until they are synced, in case that fails: under a flood no second may pass.
    if (unsyncedBytes >= largestUnsynced) return sync()
    cancelSync ??= clock.after(1000, () => {
      cancelSync = undefined
      sync()
    })
  }

  const reopen = (): void => {
    // The file that is left behind may be all there is of what it holds.
    sync()
    const old = file
    file = openToAppend(path)
    closeSync(old)
    isNew = fstatSync(file).size === 0
  }

  const sync = (): void => {
    if (unsynced.length === 0) return
    const kept = unsynced
    unsynced = []
    unsyncedBytes = 0
    try {
      fsyncSync(file)
      if (isNew) syncFolder(dirname(path))
      isNew = false
      for (const { records, receipt } of kept) receipt.delivered(records)
    } catch (error) {
      queue = [...kept, ...queue]
      fail(explainWrite(error, path))
    }
  }

  const fail = (error: StoreError): void => {
    broken = true
    const rest = [...doubted.splice(0).flatMap(({ group }) => group), ...queue]
    queue = []
    for (const { lines, receipt } of rest) options.fallback(lines, receipt)
    options.onError(error)
  }

  const flush = (): void | Promise<void> => {
    if (queue.length === 0 && writing === undefined) return
    writing ??= write()
    return writing
  }

  return {
    append(lines, receipt) {
      if (broken) return options.fallback(lines, receipt)
      queue.push({ lines, records: lines.length, receipt })
      if (scheduled || writing !== undefined) return
      // What fails in the same turn is appended as one write.
      scheduled = true
      setImmediate(() => {
        scheduled = false
        void flush()
      })
    },
    flush,
    abandon: () => patience.abort(),
    async close() {
      await flush()
      cancelSync?.()
      cancelSync = undefined
      sync()
      closeSync(file)
    },
  }
}

const lockTimeout = 30_000
const largestUnsynced = 8 * 1024 * 1024

const refuseBeyond = (max: number | undefined, size: number, more: number, path: string): void => {
  if (max === undefined || size + more <= max) return
  throw new StoreError(
    'full',
    `${path} has ${formatSize(size)} of --dlq-max ${formatSize(max)} and no room for ${formatSize(more)} more`,
    {
      advice: `What is in it: streamz dlq stats ${path}; after a replay, to make room: streamz dlq compact ${path}`,
    },
  )
}

const openToAppend = (path: string): number => {
  try {
    const flags =
      constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK
    const file = openSync(path, flags, 0o600)
    const stats = fstatSync(file)
    if (!stats.isFile()) {
      closeSync(file)
      throw new StoreError('foreign', `${path} is not a regular file: dead letters need one`)
    }
    if (stats.size === 0) fchmodSync(file, 0o600)
    return file
  } catch (error) {
    throw explainWrite(error, path)
  }
}

// Compacting replaces the file: appending to the old one would lose the lines.
const isReplaced = (file: number, path: string): boolean => {
  const mine = fstatSync(file)
  const there = lstatSync(path, { throwIfNoEntry: false })
  return there?.ino !== mine.ino || there.dev !== mine.dev
}
