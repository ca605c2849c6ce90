import {
  closeSync,
  constants,
  existsSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '../../core/clock.js'
import type { DeadLetterFile } from '../dead-letters/file.js'
import { explainWrite, StoreError } from '../store-error.js'
import { syncFolder } from './atomic-write.js'
import { acquire, describeHolder } from './lock.js'
import { nameTemporary, removeQuietly } from './temporary.js'

/** A file that is being written beside another one, to take its place. */
export type Replacement = {
  write(bytes: Buffer): void
  /** Replaces the old file, after copying lines that were appended to it meanwhile. */
  finish(): Promise<void>
  /** Gives up; the old file is unchanged. */
  discard(): void
}

/**
 * Rewrites a file that others append to. They hold its lock while they append, and look for a new file in its place before;
 * so the lock is needed only for what came since `file` was opened. Throws StoreErrors.
 */
export const replaceFile = (file: DeadLetterFile, clock: Clock): Replacement => {
  const { path, fd, size, stats } = file
  const temporary = nameTemporary(path)
  let out: number | undefined
  const attempt = <R>(act: () => R): R => {
    try {
      return act()
    } catch (error) {
      discard()
      throw explainWrite(error, path)
    }
  }
  const discard = () => {
    if (out !== undefined) closeSync(out)
    out = undefined
    removeQuietly(temporary)
  }
  // Lines are small: they leave together.
  let gathered: Buffer[] = []
  let length = 0
  const flush = () =>
    attempt(() => {
      const bytes = Buffer.concat(gathered)
      gathered = []
      length = 0
      out ??= openLike(temporary, stats.uid, stats.gid)
      for (let offset = 0; offset < bytes.length; ) offset += writeSync(out, bytes, offset)
    })
  const write = (bytes: Buffer) => {
    gathered.push(bytes)
    length += bytes.length
    if (length >= blockSize) flush()
  }

  return {
    write,
    discard,
    async finish() {
      flush()
      attempt(() => fsyncSync(out as number))
      const held = await acquire(path, { timeout: 30_000, clock })
      try {
        if (held === undefined) throw new StoreError('busy', `The lock of ${path} is held by ${describeHolder(path)}`)
        refuseReplaced(path, stats.ino, stats.dev)
        const copied = copyRest(fd, size, write)
        flush()
        attempt(() => fsyncSync(out as number))
        if (!held.stillMine()) throw new StoreError('busy', `The lock of ${path} was lost: run again`)
        // After a stall another process may have taken it for what a killed process has left.
        if (!existsSync(temporary))
          throw new StoreError('busy', `Another process has rewritten ${path} while this one was suspended; run again`)
        attempt(() => {
          renameSync(temporary, path)
          syncFolder(dirname(path))
          appendLate(fd, copied, path)
        })
      } catch (error) {
        discard()
        throw error
      } finally {
        held?.release()
      }
      closeSync(out as number)
      out = undefined
    },
  }
}

const blockSize = 256 * 1024

const openLike = (temporary: string, uid: number, gid: number): number => {
  const out = openSync(temporary, 'wx', 0o600)
  try {
    const { uid: mine, gid: group } = fstatSync(out)
    if (mine !== uid || group !== gid) fchownSync(out, uid, gid)
  } catch {
    // Only the superuser may give a file away; for everybody else the file is their own.
  }
  return out
}

const refuseReplaced = (path: string, ino: number, dev: number): void => {
  const there = statSync(path, { throwIfNoEntry: false })
  if (there?.ino !== ino || there.dev !== dev) {
    throw new StoreError('busy', `${path} was replaced by another file meanwhile; run again`)
  }
}

/** Gives how far it came. */
const copyRest = (fd: number, from: number, write: (bytes: Buffer) => void): number => {
  for (let offset = from; ; ) {
    const block = Buffer.allocUnsafe(blockSize)
    const count = readSync(fd, block, 0, block.length, offset)
    if (count === 0) return offset
    write(block.subarray(0, count))
    offset += count
  }
}

/** After a stall of this process another process may have had the lock, and have appended to the old file. */
const appendLate = (old: number, from: number, path: string): void => {
  if (fstatSync(old).size <= from) return
  const file = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW)
  try {
    copyRest(old, from, block => {
      for (let offset = 0; offset < block.length; ) offset += writeSync(file, block, offset)
    })
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
