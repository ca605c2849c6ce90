/** Lets one record of each key in at a time; others with that key wait in line. */
export type KeyQueues<T> = {
  /** True if the record may proceed at once; false if it must wait for its turn. */
  enter(key: string, item: T): boolean
  /** The current record of a key leaves; returns the next one, which may proceed. */
  leave(key: string): T | undefined
  /** Removes a waiting record from the line. */
  forget(key: string, item: T): void
}

export const createKeyQueues = <T>(): KeyQueues<T> => {
  const lines = new Map<string, Set<T>>()
  return {
    enter(key, item) {
      const line = lines.get(key)
      if (line === undefined) lines.set(key, new Set())
      else line.add(item)
      return line === undefined
    },
    leave(key) {
      const line = lines.get(key)
      const next = line?.values().next().value
      if (next === undefined) lines.delete(key)
      else line?.delete(next)
      return next
    },
    forget(key, item) {
      lines.get(key)?.delete(item)
    },
  }
}
