import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs'
import { systemCode } from '../../core/io/system-error.js'
import { explainRead, StoreError } from '../store-error.js'

/**
 * The bytes of a small regular file, or undefined when there is none.
 * Throws a StoreError: `foreign` for a symbolic link, a folder, a pipe, or more than `limit` bytes; else `unreadable`.
 */
export const readRegularFile = (path: string, limit: number): { bytes: Buffer; stats: Stats } | undefined => {
  let descriptor: number
  try {
    // Without O_NONBLOCK, opening a planted named pipe would hang.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw explainRead(error, path)
  }
  try {
    const stats = fstatSync(descriptor)
    if (!stats.isFile()) throw new StoreError('foreign', `${path} is not a regular file; use another path`)
    if (stats.size > limit)
      throw new StoreError('foreign', `${path} has ${stats.size} bytes, expected at most ${limit}; use another path`)
    return { bytes: readAll(descriptor, stats.size), stats }
  } catch (error) {
    throw explainRead(error, path)
  } finally {
    closeSync(descriptor)
  }
}

const readAll = (descriptor: number, size: number): Buffer => {
  const bytes = Buffer.alloc(size)
  let length = 0
  while (length < size) {
    const read = readSync(descriptor, bytes, length, size - length, null)
    if (read === 0) break
    length += read
  }
  return bytes.subarray(0, length)
}
