import { lstatSync, readdirSync, unlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/**
 * A name nobody else uses, in the same folder.
 * It must be unique, not secret: it is created exclusively, which never follows a planted link. `node:crypto` would cost
 * 5 ms of every start.
 */
export const nameTemporary = (path: string): string => `${path}.${createToken()}.tmp`

/** A text that no other process and no other moment has. */
export const createToken = (): string => {
  const random = () =>
    Math.floor(Math.random() * 2 ** 48)
      .toString(16)
      .padStart(12, '0')
  return random() + random()
}

/** Removes what killed processes left beside `path`: temporary files older than a minute. Never fails. */
export const sweepTemporaries = (path: string): void =>
  removeOld(path, /^(lock\.(takeover\.)*)?[0-9a-f]{24}\.tmp$/, 60_000)

/** Removes every temporary file that was to take the place of `path`: only for the one process that may write it now. Never fails. */
export const removeLeftOvers = (path: string): void => removeOld(path, /^[0-9a-f]{24}\.tmp$/, 0)

const removeOld = (path: string, own: RegExp, olderThan: number): void => {
  const folder = dirname(path)
  const prefix = `${basename(path)}.`
  quietly(() => {
    for (const name of readdirSync(folder)) {
      if (!name.startsWith(prefix) || !own.test(name.slice(prefix.length))) continue
      const file = join(folder, name)
      quietly(() => {
        if (olderThan === 0 || Date.now() - lstatSync(file).mtimeMs > olderThan) unlinkSync(file)
      })
    }
  })
}

/** Removes a file if it can be removed. */
export const removeQuietly = (path: string): void => quietly(() => unlinkSync(path))

const quietly = (act: () => void) => {
  try {
    act()
  } catch {
    // Cleaning up is optional: a failure here must not fail the caller.
  }
}
