/** A number of places for running work; whoever waits longest gets the next one, retries first. */
export type Slots = {
  /** Calls back at once, or when a place is free; the returned function gives up waiting. */
  take(begin: () => void, first?: boolean): () => void
  release(): void
}

export const createSlots = (count: number): Slots => {
  let free = count
  const waiting = new Set<() => void>()
  const urgent = new Set<() => void>()
  const next = () => {
    const queue = urgent.size > 0 ? urgent : waiting
    const begin = queue.values().next().value
    if (begin === undefined) return
    queue.delete(begin)
    free--
    begin()
  }
  return {
    take(begin, first = false) {
      if (free > 0) {
        free--
        begin()
        return () => {}
      }
      const queue = first ? urgent : waiting
      queue.add(begin)
      return () => queue.delete(begin)
    },
    release() {
      free++
      next()
    },
  }
}
