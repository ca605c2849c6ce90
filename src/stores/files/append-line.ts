import { closeSync, constants, fstatSync, openSync, readSync, renameSync, writeSync } from 'node:fs'
import { explainWrite, StoreError } from '../store-error.js'
import { tryAcquire } from './lock.js'

/**
 * Appends one line to a log, created for its owner only, which several processes may do at once. A log that has reached
 * `largest` bytes becomes `path.1` first, in place of the one before. Throws a StoreError.
 */
export const appendLine = (path: string, line: string, largest: number): void => {
  try {
    let file = openLog(path)
    try {
      if (fstatSync(file).size >= largest && rotate(path, largest)) {
        closeSync(file)
        file = openLog(path)
      }
      // Half a line that a full disk has left stays one of its own.
      const bytes = Buffer.from(`${endsInNewline(file) ? '' : '\n'}${line}\n`)
      // One write: lines of several processes stand one after the other, none inside another.
      const written = writeSync(file, bytes)
      if (written < bytes.length) throw new StoreError('full', `No space left to write ${path}; free some space`)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw explainWrite(error, path)
  }
}

const endsInNewline = (file: number): boolean => {
  const { size } = fstatSync(file)
  const last = Buffer.alloc(1)
  return size === 0 || readSync(file, last, 0, 1, size - 1) === 0 || last[0] === 10
}

const openLog = (path: string): number => {
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants
  const file = openSync(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600)
  if (fstatSync(file).isFile()) return file
  closeSync(file)
  throw new StoreError('foreign', `${path} is not a regular file; use another path`)
}

// Two that rotate at once would lose a whole log: who does not get the lock leaves it to the other.
const rotate = (path: string, largest: number): boolean => {
  const held = tryAcquire(path)
  if (held === undefined) return false
  try {
    const file = openLog(path)
    const { size } = fstatSync(file)
    closeSync(file)
    if (size >= largest) renameSync(path, `${path}.1`)
    return true
  } finally {
    held.release()
  }
}
