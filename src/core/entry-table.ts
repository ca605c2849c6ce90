import { createKeyHash } from './key-hash.js'

/**
 * Remembers for each entry of a dead-letter file two numbers in 16 bytes: a million entries in 32 MiB. Entries are told
 * apart by 64 bits of a hash with a secret of its own.
 */
export type EntryTable = {
  /** How many entries are held. */
  readonly size: number
  /** The place of an entry, added when it is new; it holds until the next entry is added. */
  place(bytes: Uint8Array, start: number, end: number): number
  /** The place of an entry, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number
  /** What the caller keeps for an entry: -1 for a new one. */
  value(place: number): number
  setValue(place: number, value: number): void
  /** A second, smaller number: 0 for a new one, at most 255. */
  state(place: number): number
  setState(place: number, state: number): void
  /** Calls back for every entry, in no order. */
  each(callback: (value: number, state: number) => void): void
}

export const createEntryTable = (): EntryTable => {
  const hashLow = createKeyHash()
  const hashHigh = createKeyHash()
  let capacity = 1024
  let mask = capacity - 1
  let size = 0
  // Four numbers a place, in one cache line: both hashes, the value, and the state + 1 (0: nobody is here).
  let cells = new Int32Array(4 * capacity)

  const seek = (low: number, high: number): number => {
    for (let place = low & mask; ; place = (place + 1) & mask) {
      const at = 4 * place
      if (cells[at + 3] === 0 || (cells[at] === low && cells[at + 1] === high)) return place
    }
  }

  const grow = (): void => {
    const old = cells
    capacity *= 2
    mask = capacity - 1
    cells = new Int32Array(4 * capacity)
    for (let at = 0; at < old.length; at += 4) {
      if (old[at + 3] === 0) continue
      const to = 4 * seek(old[at] as number, old[at + 1] as number)
      for (let index = 0; index < 4; index++) cells[to + index] = old[at + index] as number
    }
  }

  return {
    get size() {
      return size
    },
    place(bytes, start, end) {
      if (size * 4 >= capacity * 3) grow()
      const low = hashLow(bytes, start, end)
      const high = hashHigh(bytes, start, end)
      const place = seek(low, high)
      if (cells[4 * place + 3] !== 0) return place
      const at = 4 * place
      cells[at] = low
      cells[at + 1] = high
      cells[at + 2] = -1
      cells[at + 3] = 1
      size++
      return place
    },
    find(bytes, start, end) {
      const place = seek(hashLow(bytes, start, end), hashHigh(bytes, start, end))
      return cells[4 * place + 3] === 0 ? -1 : place
    },
    value: place => cells[4 * place + 2] as number,
    setValue(place, value) {
      cells[4 * place + 2] = value
    },
    state: place => (cells[4 * place + 3] as number) - 1,
    setState(place, state) {
      cells[4 * place + 3] = state + 1
    },
    each(callback) {
      for (let at = 0; at < cells.length; at += 4) {
        const state = cells[at + 3] as number
        if (state !== 0) callback(cells[at + 2] as number, state - 1)
      }
    },
  }
}
