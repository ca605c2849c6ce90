import { closeSync, constants, openSync, writeSync } from 'node:fs'

/** Writes a report file synchronously, without blocking on a named pipe that has no reader, because then the program could not end. */
export const writeFile = (path: string, bytes: Buffer): void => {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NONBLOCK } = constants
  const file = openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK, 0o666)
  try {
    for (let offset = 0; offset < bytes.length; ) offset += writeSync(file, bytes, offset)
  } finally {
    closeSync(file)
  }
}
