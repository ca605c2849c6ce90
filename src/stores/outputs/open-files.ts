import { closeSync } from 'node:fs'
import { systemCode } from '../../core/io/system-error.js'

/** File descriptors for writing, up to a maximum: the least recently used one is closed to open another. */
export type OpenFiles<T> = {
  /** The descriptor of a thing, opened unless it is. Throws what `open` throws. */
  use(thing: T, open: () => number): number
  close(thing: T): void
  closeAll(): void
  /** How many there may be at once: fewer once the system has refused more. */
  readonly max: number
}

/** `onError` is called for one that could not be closed: data written there may be lost. */
export const createOpenFiles = <T>(wanted: number, onError: (thing: T, error: unknown) => void): OpenFiles<T> => {
  // The least recently used one comes first.
  const files = new Map<T, number>()
  let max = wanted

  const close = (thing: T): void => {
    const file = files.get(thing)
    if (file === undefined) return
    files.delete(thing)
    try {
      closeSync(file)
    } catch (error) {
      onError(thing, error)
    }
  }
  const closeOldest = (): void => {
    for (const oldest of files.keys()) return close(oldest)
  }

  const openOne = (open: () => number): number => {
    for (;;) {
      try {
        return open()
      } catch (error) {
        if (!outOfFiles.has(systemCode(error)) || files.size === 0) throw error
        // A few are left to others: locks, dead letters, the summary.
        max = Math.max(1, files.size - spare)
        while (files.size >= max && files.size > 0) closeOldest()
      }
    }
  }

  return {
    get max() {
      return max
    },
    use(thing, open) {
      const known = files.get(thing)
      if (known !== undefined) {
        files.delete(thing)
        files.set(thing, known)
        return known
      }
      while (files.size >= max) closeOldest()
      const file = openOne(open)
      files.set(thing, file)
      return file
    },
    close,
    closeAll() {
      for (const thing of [...files.keys()]) close(thing)
    },
  }
}

const outOfFiles = new Set(['EMFILE', 'ENFILE'])
const spare = 8
