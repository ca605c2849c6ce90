import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { systemCode } from '../../core/io/system-error.js'

/** /dev/zero has no end. */
const largest = 16 * 1024 * 1024
const longestWait = 10_000
const pause = 5

/**
 * The bytes of a file that the user names, `<(…)` included. Opening a named pipe without a writer does not wait: it is
 * empty. Of a pipe that is written to, all is read that comes within 10 s; of anything, at most 16 MiB. Throws system errors, and errors whose message says what is wrong.
 */
export const readNamed = (path: string): Buffer => {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const parts: Buffer[] = []
    const isPipe = fstatSync(file).isFIFO()
    for (let waited = 0; ; ) {
      const part = Buffer.alloc(64 * 1024)
      const count = readWaiting(file, part)
      if (count === 0) return Buffer.concat(parts)
      if (parts.length * part.length > largest) throw new Error('it has more than 16 MiB')
      if (count > 0) parts.push(part.subarray(0, count))
      else if (!isPipe || waited >= longestWait)
        throw new Error('it is a pipe to which nothing was written within 10 s')
      else {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause)
        waited += pause
      }
    }
  } finally {
    closeSync(file)
  }
}

/** -1: nothing has come yet. */
const readWaiting = (file: number, part: Buffer): number => {
  try {
    return readSync(file, part)
  } catch (error) {
    if (systemCode(error) === 'EAGAIN') return -1
    throw error
  }
}
