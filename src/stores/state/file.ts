import { lstatSync, type Stats } from 'node:fs'
import { type Clock, realClock } from '../../core/clock.js'
import { writeAtomically } from '../files/atomic-write.js'
import { acquire, describeHolder, type Held } from '../files/lock.js'
import { readRegularFile } from '../files/read-file.js'
import { StoreError } from '../store-error.js'
import { moveAside } from './move-aside.js'
import { formatWithin, parseState, type StateKind } from './state-text.js'
import type { Store, UpdateOptions } from './store.js'

export type FileStoreOptions = {
  readonly path: string
  /** The newest version `"v"` the caller understands. A newer file, or one without a version, is not changed: `newer`, `foreign`. */
  readonly version?: number
  /** What the file is for: one that plainly holds another kind of state is not changed: `foreign`. */
  readonly kind?: StateKind | undefined
  /** Fail with `unreadable` on damaged content, instead of moving it aside and starting afresh. */
  readonly strict?: boolean
  /** Called with a readable message when damaged content was moved aside. */
  readonly warn?: (message: string) => void
  readonly clock?: Clock
}

/**
 * A store in a JSON file, shared by the processes of one machine: `path.lock` beside it keeps them apart.
 * Reading takes no lock and writes nothing, unless the content is damaged: that is renamed to `path.bad-<time>`.
 */
export const createFileStore = (options: FileStoreOptions): Store => {
  const { path, version, kind, strict = false, warn = () => {}, clock = realClock } = options
  let seen: Snapshot = nothing
  let warned: string | undefined

  const look = (): Snapshot => {
    const file = readRegularFile(path, largest)
    seen = file === undefined ? nothing : { bytes: file.bytes, stamp: stampOf(file.stats), readAt: Date.now() }
    return seen
  }

  // Undefined instead of a value: there is none. A text: why the content is damaged.
  const interpret = ({ bytes }: Snapshot): Record<string, unknown> | string | undefined => {
    if (bytes === undefined) return undefined
    const parsed = parseState(bytes, version, kind)
    if (parsed.problem === undefined) return parsed.value
    if (parsed.problem === 'unreadable' && !strict) return parsed.why
    throw new StoreError(parsed.problem, `${path} ${parsed.why} and is not changed: ${advice[parsed.problem]}`)
  }

  const warnOnce = (message: string) => {
    if (message !== warned) warn(message)
    warned = message
  }

  const loadLocked = (held: Held): Record<string, unknown> | undefined => {
    const content = interpret(look())
    if (typeof content !== 'string') return content
    if (!held.stillMine()) throw busy(path)
    const kept = moveAside(path, clock.wall())
    seen = nothing
    warnOnce(`${path} ${content}: kept as ${kept}; starting again`)
    return undefined
  }

  const write = (value: unknown, durable: boolean | undefined, held: Held): boolean => {
    const bytes = formatWithin(value, version, path, largest)
    const stats = writeAtomically(path, bytes, { durable: durable === true, isStillWanted: held.stillMine })
    if (stats !== undefined) seen = { bytes, stamp: stampOf(stats), readAt: Date.now() }
    return stats !== undefined
  }

  const whileLocked = async <R>(act: (held: Held) => R, { timeout = 2000, signal }: UpdateOptions = {}): Promise<R> => {
    const held = await acquire(path, { timeout, clock, signal })
    if (held === undefined) throw busy(path)
    try {
      return act(held)
    } finally {
      held.release()
    }
  }

  return {
    async read() {
      const content = interpret(look())
      if (typeof content !== 'string') return content
      try {
        return await whileLocked(loadLocked)
      } catch (error) {
        if (!(error instanceof StoreError) || !cannotMove.has(error.code)) throw error
        warnOnce(`${path} ${content}, and could not be moved aside; starting again. ${error.message}`)
        return undefined
      }
    },
    async update(change, { timeout = 2000, signal } = {}) {
      const deadline = clock.now() + timeout
      for (;;) {
        const left = Math.max(0, deadline - clock.now())
        const done = await whileLocked(
          held => {
            const { value, durable, result } = change(loadLocked(held))
            return value === undefined || write(value, durable, held) ? { result } : undefined
          },
          { timeout: left, signal },
        )
        // Undefined: this process was suspended for so long that another one took over the lock.
        if (done !== undefined) return done.result
      }
    },
    wall: () => clock.wall(),
    changed() {
      const stats = statIfThere(path)
      if (stampOf(stats) !== seen.stamp) return true
      // Within one tick of the file system's clock two files can look alike: then only the content tells.
      if (stats === undefined || Math.abs(seen.readAt - stats.mtimeMs) > coarsestTick) return false
      const before = seen
      if (isSame(look(), before)) return false
      seen = before
      return true
    },
  }
}

type Snapshot = { readonly bytes: Buffer | undefined; readonly stamp: string; readonly readAt: number }

const none = 'none'
const nothing: Snapshot = { bytes: undefined, stamp: none, readAt: 0 }
const largest = 16 * 2 ** 20
const coarsestTick = 2000
const cannotMove = new Set(['busy', 'unwritable', 'full'])

const advice = {
  unreadable: 'delete it to start again',
  newer: 'update streamz, or use another file',
  foreign: 'use another file, or move it away',
}

const busy = (path: string) =>
  new StoreError(
    'busy',
    `The lock of ${path} could not be acquired in time; ${describeHolder(path)} holds it; try again later`,
  )

// The text itself: no clock or inode number promises that two files are the same.
const isSame = (one: Snapshot, other: Snapshot): boolean =>
  one.bytes === other.bytes || (one.bytes !== undefined && other.bytes !== undefined && one.bytes.equals(other.bytes))

const stampOf = (stats: Stats | undefined) =>
  stats === undefined ? none : `${stats.ino} ${stats.size} ${stats.mtimeMs}`

const statIfThere = (path: string) => {
  try {
    return lstatSync(path)
  } catch {
    return undefined
  }
}
