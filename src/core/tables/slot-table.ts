import { WideHash } from './wide-hash.js'

/**
 * Gives keys numbers, their slots, from 0 on; the slot of a key that was removed is used again. Keys are known by 128 bits of
 * their hashes alone, which two keys of a billion share once in 10^20 tables: one look-up reads two places in memory.
 */
export class SlotTable {
  size = 0
  readonly #hash = new WideHash()
  // By the hash: slot + 1, or 0; open addressing, at most half full.
  #index = new Int32Array(32)
  #mask = 31
  // Four words for each slot.
  #words = new Int32Array(4 * 16)
  readonly #free: number[] = []
  #fresh = 0
  // Where the key looked for last would stand.
  #place = 0

  /** The slot of a key, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    this.#hash.hash(bytes, start, end)
    const { a, b, c, d } = this.#hash
    const words = this.#words
    const index = this.#index
    let place = a & this.#mask
    for (let slot = (index[place] as number) - 1; slot >= 0; slot = (index[place] as number) - 1) {
      const at = 4 * slot
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return slot
      place = (place + 1) & this.#mask
    }
    this.#place = place
    return -1
  }

  /** Adds the key that `find` did not find just now. */
  add(): number {
    const slot = this.#free.pop() ?? this.#fresh++
    if (4 * slot === this.#words.length) this.#words = resize(this.#words, 8 * slot)
    const { a, b, c, d } = this.#hash
    const words = this.#words
    words[4 * slot] = a
    words[4 * slot + 1] = b
    words[4 * slot + 2] = c
    words[4 * slot + 3] = d
    this.#index[this.#place] = slot + 1
    this.size++
    if (2 * this.size > this.#mask) this.#grow()
    return slot
  }

  // What was pushed past the gap moves back into it, so that no place is lost.
  remove(slot: number): void {
    const index = this.#index
    const mask = this.#mask
    let gap = (this.#words[4 * slot] as number) & mask
    while (index[gap] !== slot + 1) gap = (gap + 1) & mask
    for (let place = (gap + 1) & mask; index[place] !== 0; place = (place + 1) & mask) {
      const home = (this.#words[4 * ((index[place] as number) - 1)] as number) & mask
      if (((place - home) & mask) < ((place - gap) & mask)) continue
      index[gap] = index[place] as number
      gap = place
    }
    index[gap] = 0
    this.#free.push(slot)
    this.size--
  }

  #grow(): void {
    const older = this.#index
    this.#index = new Int32Array(2 * older.length)
    this.#mask = this.#index.length - 1
    for (const entered of older) {
      if (entered === 0) continue
      let place = (this.#words[4 * (entered - 1)] as number) & this.#mask
      while (this.#index[place] !== 0) place = (place + 1) & this.#mask
      this.#index[place] = entered
    }
  }
}

const resize = (from: Int32Array, length: number): Int32Array<ArrayBuffer> => {
  const to = new Int32Array(length)
  to.set(from)
  return to
}
