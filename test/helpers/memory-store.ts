import { formatState, parseState } from '../../src/stores/state/state-text.js'
import type { Store } from '../../src/stores/state/store.js'

/** One value in memory, for as many stores as share it. */
export type Memory = { text: Buffer | undefined; writes: number }

export const createMemory = (): Memory => ({ text: undefined, writes: 0 })

/** A store that ends with the process, and goes by the clock it is given. Values are copied in and out, as with every other store. */
export const createMemoryStore = (memory: Memory = createMemory(), wall: () => number = Date.now): Store => {
  let seen = 0
  const load = () => {
    seen = memory.writes
    const parsed = memory.text && parseState(memory.text)
    return parsed?.problem === undefined ? parsed?.value : undefined
  }
  return {
    read: async () => load(),
    async update(change) {
      const { value, result } = change(load())
      if (value !== undefined) {
        memory.text = formatState(value)
        seen = ++memory.writes
      }
      return result
    },
    changed: () => seen !== memory.writes,
    wall,
  }
}
