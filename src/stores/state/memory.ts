import { formatState, parseState } from './state-text.js'
import type { Revision, Store } from './store.js'

/** One value in memory, for as many stores as share it. */
export type Memory = { text: Buffer | undefined; revision: number }

export const createMemory = (): Memory => ({ text: undefined, revision: 0 })

/** A store that ends with the process. Values are copied in and out, as with every other store. */
export const createMemoryStore = (memory: Memory = createMemory()): Store => {
  let seen = 0
  const load = () => {
    seen = memory.revision
    const parsed = memory.text && parseState(memory.text)
    return parsed?.problem === undefined ? parsed?.value : undefined
  }
  const revise = (): Revision => (memory.text === undefined ? undefined : String(memory.revision))
  const write = (value: unknown) => {
    memory.text = formatState(value)
    seen = ++memory.revision
  }
  return {
    async read() {
      return { value: load(), revision: revise() }
    },
    async compareAndSet(value, revision) {
      if (revise() !== revision) return false
      write(value)
      return true
    },
    async update(change) {
      const { value, result } = change(load())
      if (value !== undefined) write(value)
      return result
    },
    changed: () => seen !== memory.revision,
    close() {},
  }
}
