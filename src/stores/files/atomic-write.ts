import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  type Stats,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { systemCode } from '../../core/io/system-error.js'
import { explainWrite, StoreError } from '../store-error.js'
import { nameTemporary, removeQuietly } from './temporary.js'

export type AtomicWriteOptions = {
  /** Survives a power loss: the file and its folder are synced. */
  readonly durable?: boolean
  /** Asked last, just before the new file replaces the old one: false discards the write. */
  readonly isStillWanted?: () => boolean
}

/**
 * Replaces the content of a file so that every reader sees the old or the new one, whole; the mode becomes 0600.
 * Returns the stats of the new file, or undefined when it was no longer wanted. Throws a StoreError (`full`, `unwritable`,
 * `foreign` for a symbolic link or anything else that is not a regular file), and then nothing has changed.
 */
export const writeAtomically = (path: string, bytes: Buffer, options: AtomicWriteOptions = {}): Stats | undefined => {
  const { durable = false, isStillWanted = () => true } = options
  refuseForeign(path)
  const temporary = nameTemporary(path)
  try {
    const stats = writeNew(temporary, bytes, durable)
    if (!isStillWanted()) {
      removeQuietly(temporary)
      return undefined
    }
    renameSync(temporary, path)
    if (durable) syncFolder(dirname(path))
    return stats
  } catch (error) {
    removeQuietly(temporary)
    throw explainWrite(error, path)
  }
}

/** Creates a file, mode 0600, that must not exist yet, and writes it whole. It is removed again when that fails. */
export const writeNew = (path: string, bytes: Buffer, durable = false): Stats => {
  const descriptor = openSync(path, 'wx', 0o600)
  try {
    writeAll(descriptor, bytes)
    const stats = fstatSync(descriptor)
    // A disk that fills up can shorten a file without an error: such a file must never replace a good one.
    if (stats.size !== bytes.length)
      throw new StoreError(
        'full',
        `Only ${stats.size} of ${bytes.length} bytes of ${path} were written; free some space`,
      )
    if (durable) fsyncSync(descriptor)
    closeSync(descriptor)
    return stats
  } catch (error) {
    closeQuietly(descriptor)
    removeQuietly(path)
    throw error
  }
}

const writeAll = (descriptor: number, bytes: Buffer) => {
  let written = 0
  while (written < bytes.length) {
    const count = writeSync(descriptor, bytes, written, bytes.length - written)
    if (count === 0) throw Object.assign(new Error('nothing was written'), { code: 'ENOSPC' })
    written += count
  }
}

// A rename would replace the link rather than follow it, but the owner of a link expects its target to change.
const refuseForeign = (path: string) => {
  const stats = statIfThere(path)
  if (stats === undefined || stats.isFile()) return
  const what = stats.isSymbolicLink() ? 'a symbolic link and is not followed' : 'not a regular file'
  throw new StoreError('foreign', `${path} is ${what}; use the path of a regular file`)
}

const statIfThere = (path: string) => {
  try {
    return lstatSync(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw explainWrite(error, path)
  }
}

/** Makes the names of new files in a folder survive a power loss, where the system can. */
export const syncFolder = (folder: string) => {
  let descriptor: number | undefined
  try {
    descriptor = openSync(folder, constants.O_RDONLY)
    fsyncSync(descriptor)
  } catch (error) {
    if (!cannotSync.has(systemCode(error))) throw error
  } finally {
    if (descriptor !== undefined) closeQuietly(descriptor)
  }
}

// Some systems cannot sync a folder, or it may be written but not opened: the file itself is safe by then.
const cannotSync = new Set(['EINVAL', 'ENOTSUP', 'EISDIR', 'EACCES', 'EPERM', 'EBADF'])

const closeQuietly = (descriptor: number) => {
  try {
    closeSync(descriptor)
  } catch {
    // Closed already: the close itself was what failed.
  }
}
