import { createKeyHash } from './key-hash.js'

/** Which keys were there before, by 128 bits of each: two of 10 million are the same with a chance of 1 in 10^24. */
export type HashSet = {
  readonly size: number
  /** `full`: it is not known, and no more keys are taken. */
  add(bytes: Uint8Array, start: number, end: number): 'added' | 'known' | 'full'
}

/** Holds at most `max` keys, none of their bytes: 22 to 43 bytes of memory for each. */
export const createHashSet = ({ max }: { readonly max: number }): HashSet => {
  const hashes = [createKeyHash(), createKeyHash(), createKeyHash(), createKeyHash()] as const
  let capacity = 1024
  let slots = new Int32Array(4 * capacity)
  let size = 0

  // The last number of a key is never 0.
  const isEmpty = (at: number) => slots[at + 3] === 0

  const put = (at: number, a: number, b: number, c: number, d: number) => {
    slots[at] = a
    slots[at + 1] = b
    slots[at + 2] = c
    slots[at + 3] = d
  }

  const grow = () => {
    const older = slots
    capacity *= 2
    slots = new Int32Array(4 * capacity)
    for (let from = 0; from < older.length; from += 4) {
      const a = older[from] as number
      const b = older[from + 1] as number
      const c = older[from + 2] as number
      const d = older[from + 3] as number
      if (d === 0) continue
      let at = 4 * (a & (capacity - 1))
      while (!isEmpty(at)) at = (at + 4) & (4 * capacity - 1)
      put(at, a, b, c, d)
    }
  }

  return {
    get size() {
      return size
    },
    add(bytes, start, end) {
      const a = hashes[0](bytes, start, end)
      const b = hashes[1](bytes, start, end)
      const c = hashes[2](bytes, start, end)
      const d = hashes[3](bytes, start, end) || 1
      let at = 4 * (a & (capacity - 1))
      while (!isEmpty(at)) {
        if (slots[at] === a && slots[at + 1] === b && slots[at + 2] === c && slots[at + 3] === d) return 'known'
        at = (at + 4) & (4 * capacity - 1)
      }
      if (size >= max) return 'full'
      put(at, a, b, c, d)
      size++
      // Three quarters full.
      if (4 * size > 3 * capacity) grow()
      return 'added'
    },
  }
}
