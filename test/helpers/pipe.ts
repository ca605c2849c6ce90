import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readSync } from 'node:fs'
import { temporaryFile } from './children.js'

/** A named pipe with both ends open in this process: `write` blocks as those of shells do, reading never does. */
export const openPipe = () => {
  const path = temporaryFile('pipe')
  execFileSync('mkfifo', [path])
  const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const write = openSync(path, constants.O_WRONLY)
  const buffer = Buffer.alloc(64 * 1024)
  return {
    path,
    write,
    /** Takes so many bytes at most out of the pipe: what is there now. */
    take(most = Number.POSITIVE_INFINITY): Buffer {
      const parts: Buffer[] = []
      for (let left = most; left > 0; ) {
        try {
          const count = readSync(read, buffer, 0, Math.min(left, buffer.length), null)
          if (count === 0) break
          left -= count
          parts.push(Buffer.from(buffer.subarray(0, count)))
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'EAGAIN') break
          throw error
        }
      }
      return Buffer.concat(parts)
    },
    closeReader: () => closeSync(read),
  }
}

export const turn = () => new Promise<void>(resolve => setImmediate(resolve))
