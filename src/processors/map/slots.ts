import { Queue } from '../../core/queue.js'

/** A number of places for running work; whoever waits longest gets the next one, retries first. */
export type Slots = {
  /** Calls back at once, or when a place is free; the returned function gives up waiting. */
  take(begin: () => void, first?: boolean): () => void
  release(): void
}

export const createSlots = (count: number): Slots => {
  let free = count
  const waiting = new Queue<() => void>()
  const urgent = new Queue<() => void>()
  const next = () => {
    const begin = urgent.shift() ?? waiting.shift()
    if (begin === undefined) return
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
      const place = queue.add(begin)
      return () => queue.delete(place)
    },
    release() {
      free++
      next()
    },
  }
}
