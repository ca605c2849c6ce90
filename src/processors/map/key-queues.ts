/** Lets one of each key in at a time; the others of that key wait in line. */
export type KeyQueues<T> = {
  /** True: go on at once. False: wait for your turn. */
  enter(key: string, item: T): boolean
  /** Whoever is in leaves; gives the next of that key, who is then in. */
  leave(key: string): T | undefined
  /** Takes one that waits out of the line. */
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
