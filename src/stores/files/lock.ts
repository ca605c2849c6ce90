import { linkSync, unlinkSync } from 'node:fs'
import { type Clock, realClock } from '../../core/clock.js'
import { systemCode } from '../../core/io/system-error.js'
import { wait } from '../../core/wait.js'
import { explainWrite, StoreError } from '../store-error.js'
import { writeNew } from './atomic-write.js'
import { describeSelf, type Holder, lookAfter } from './holder.js'
import { readRegularFile } from './read-file.js'
import { createToken, nameTemporary, removeQuietly, sweepTemporaries } from './temporary.js'

/** A lock that is held: for milliseconds, never while waiting for something else. */
export type Held = {
  /** False if another process took it over: what was about to be written must be discarded. */
  stillMine(): boolean
  /** Releases it; calling it again does nothing. */
  release(): void
}

export type AcquireOptions = {
  /** How long to wait, milliseconds (2,000). */
  readonly timeout?: number
  readonly clock?: Clock
  /** Ends the wait early. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Acquires the lock of `path` (the file `path.lock`), waiting for its holder; undefined if it could not be acquired in time.
 * Throws a StoreError when it cannot be had at all: `full`, `unwritable`, `unreadable`, or `foreign` when something that
 * is no lock lies there.
 */
export const acquire = async (path: string, options: AcquireOptions = {}): Promise<Held | undefined> => {
  const { timeout = 2000, clock = realClock, signal } = options
  const deadline = clock.now() + timeout
  for (let attempt = 0; ; attempt++) {
    const held = tryAcquire(path)
    if (held !== undefined) return held
    const left = deadline - clock.now()
    if (left <= 0 || signal?.aborted) return undefined
    const pause = Math.min(left, backOff(attempt))
    await wait(pause, clock)
  }
}

/** Takes the lock of `path` if it is free or its holder is gone, without waiting. Throws like `acquire`. */
export const tryAcquire = (path: string): Held | undefined => claim(`${path}.lock`, () => sweepTemporaries(path))

/** The holder of the lock of `path`, for an error message. */
export const describeHolder = (path: string): string => {
  const holder = look(`${path}.lock`)?.holder
  return holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`
}

// 1 to 25 ms, random so that waiting processes do not retry at the same time.
const backOff = (attempt: number) => 1 + Math.random() * Math.min(24, 2 ** attempt)

type Claim = Held & {
  /** When it was taken, by the clock of the file system. */
  readonly since: number
}

const claim = (lock: string, afterTakeover: () => void): Claim | undefined => {
  const found = look(lock)
  if (found === undefined) return create(lock)
  if (!isStale(found, Date.now()) || !removeStale(lock)) return undefined
  afterTakeover()
  return create(lock)
}

// Written to a temporary file and linked: the lock is never visible half written, and only one process can be first.
const create = (lock: string): Claim | undefined => {
  const token = createToken()
  const text = `${JSON.stringify({ streamz: 'lock', ...describeSelf(token) })}\n`
  const temporary = nameTemporary(lock)
  try {
    const { mtimeMs } = writeNew(temporary, Buffer.from(text))
    linkSync(temporary, lock)
    return { since: mtimeMs, ...hold(lock, token) }
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return undefined
    throw explainLink(error, lock)
  } finally {
    removeQuietly(temporary)
  }
}

const hold = (lock: string, token: string): Held => {
  let released = false
  const stillMine = () => {
    if (released) return false
    try {
      return look(lock)?.holder?.token === token
    } catch {
      return false
    }
  }
  return {
    stillMine,
    release() {
      if (stillMine()) removeQuietly(lock)
      released = true
    },
  }
}

type Found = {
  /** Undefined when the lock is torn: a power loss can leave it empty. */
  readonly holder: Holder | undefined
  readonly modified: number
}

const look = (lock: string): Found | undefined => {
  const file = readRegularFile(lock, 4096)
  if (file === undefined) return undefined
  const text = file.bytes.toString()
  const holder = parseHolder(text)
  if (holder === undefined && !isTorn(text))
    throw new StoreError('foreign', `${lock} is not a lock of streamz; move it away, or use another file`)
  return { holder, modified: file.stats.mtimeMs }
}

const beginning = '{"streamz":"lock"'

const isTorn = (text: string) =>
  /^\0*$/.test(text) || beginning.startsWith(text.slice(0, beginning.length)) || text.startsWith(beginning)

const parseHolder = (text: string): Holder | undefined => {
  if (!text.startsWith(beginning)) return undefined
  try {
    const { token, pid, started, boot, namespace, host } = JSON.parse(text)
    const texts = [token, started, boot, namespace, host]
    const whole = texts.every(value => typeof value === 'string') && Number.isInteger(pid) && pid > 0 && pid < 2 ** 31
    return whole ? { token, pid, started, boot, namespace, host } : undefined
  } catch {
    return undefined
  }
}

const oldAfter = 10_000

// A time in the future is as odd as one long ago: the clock was set back.
const isStale = ({ holder, modified }: Found, now: number): boolean => {
  const fate = holder === undefined ? 'unknown' : lookAfter(holder)
  return fate === 'gone' || (fate === 'unknown' && Math.abs(now - modified) > oldAfter)
}

/**
 * Removes a stale lock, and only that one. Two that both saw it stale must not both remove something: the second would
 * remove the lock that the first has just taken. So the removal has a lock of its own, which, when its holder was killed,
 * is stale and is removed in the same way, one level up.
 */
const removeStale = (lock: string): boolean => {
  const guard = claim(`${lock}.takeover`, () => {})
  if (guard === undefined) return false
  try {
    const found = look(lock)
    if (found === undefined) return true
    // Read again, for it may be another one by now, and judged by the clock of the file system: ours may be off.
    if (!isStale(found, guard.since) || !guard.stillMine()) return false
    unlinkSync(lock)
    return true
  } catch (error) {
    throw explainWrite(error, lock)
  } finally {
    guard.release()
  }
}

const explainLink = (error: unknown, lock: string): StoreError => {
  const unsupported = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(systemCode(error))
  if (unsupported && error instanceof Error && 'syscall' in error && error.syscall === 'link')
    return new StoreError('unwritable', `${lock} needs hard links, which its file system lacks; use a local disk`, {
      cause: error,
    })
  return explainWrite(error, lock)
}
