/**
 * Remembers for each entry of a dead-letter file two numbers in 16 bytes: a million entries in 32 MiB. Entries are told
 * apart by 64 bits of a hash with secrets of its own: of a million names two are the same once in 37 million files.
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
  const secretLow = random32()
  const secretHigh = random32()
  let capacity = 1024
  let mask = capacity - 1
  let size = 0
  // Four numbers a place, in one cache line: both hashes, the value, and the state + 1 (0: nobody is here).
  let cells = new Int32Array(4 * capacity)

  // Both hashes of a name, made in one go.
  let low = 0
  let high = 0
  const hash = (bytes: Uint8Array, start: number, end: number): void => {
    let lowState = secretLow
    let highState = secretHigh
    let at = start
    for (; at + 4 <= end; at += 4) {
      const word = mix(
        (bytes[at] as number) |
          ((bytes[at + 1] as number) << 8) |
          ((bytes[at + 2] as number) << 16) |
          ((bytes[at + 3] as number) << 24),
      )
      lowState = shuffle(lowState, word)
      highState = shuffle(highState, word)
    }
    let rest = 0
    for (let shift = 0; at < end; shift += 8) rest |= (bytes[at++] as number) << shift
    const last = mix(rest) ^ (end - start)
    low = finish(lowState ^ last)
    high = finish(highState ^ last)
  }

  const seek = (first: number, second: number): number => {
    for (let place = first & mask; ; place = (place + 1) & mask) {
      const at = 4 * place
      if (cells[at + 3] === 0 || (cells[at] === first && cells[at + 1] === second)) return place
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
      hash(bytes, start, end)
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
      hash(bytes, start, end)
      const place = seek(low, high)
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

const random32 = () => globalThis.crypto.getRandomValues(new Int32Array(1))[0] as number

// MurmurHash3 (x86, 32 bits) by Austin Appleby. Names are made at random, so nobody chooses them to collide; who could write
// lines of their own would simply take the name of another.
const shuffle = (state: number, word: number): number => {
  const mixed = state ^ word
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0
}

const finish = (state: number): number => {
  let hash = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

const mix = (word: number): number => {
  const spread = Math.imul(word, 0xcc9e2d51)
  return Math.imul((spread << 15) | (spread >>> 17), 0x1b873593)
}
