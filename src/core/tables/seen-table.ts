import { WideHash } from './wide-hash.js'

export type SeenTableOptions = {
  /** Maximum number of remembered keys; the one seen first is forgotten. */
  readonly max: number
  /** A key is forgotten this many milliseconds after it was seen first. */
  readonly ttl?: number | undefined
  /** For keys that come with the time at which they were seen, with or without `ttl`. */
  readonly hasTimes?: boolean
  readonly hash?: WideHash
  /** Room for so many is made at once. */
  readonly expected?: number
}

/**
 * Remembers keys by a hash of 128 bits, in the order in which they were seen first: 24 bytes for each, and 8 for its time. Times
 * are milliseconds of one clock.
 */
export class SeenTable {
  /** How many keys are remembered. */
  size = 0
  /** How many have been forgotten to make room. */
  forgotten = 0
  readonly hash: WideHash
  readonly #max: number
  readonly #ttl: number
  readonly #hasTimes: boolean
  // A ring: slots from the one seen first on. Four words for each.
  #words: Int32Array
  #times: Float64Array
  #capacity: number
  #first = 0
  // Slot + 1, open addressing by the first word; at most half full.
  #index: Int32Array
  #mask: number

  constructor({ max, ttl, hasTimes = ttl !== undefined, hash = new WideHash(), expected = 0 }: SeenTableOptions) {
    this.#max = max
    this.#ttl = ttl ?? Number.POSITIVE_INFINITY
    this.#hasTimes = hasTimes
    this.hash = hash
    this.#capacity = Math.min(max, Math.max(1024, expected))
    this.#words = new Int32Array(4 * this.#capacity)
    this.#times = new Float64Array(hasTimes ? this.#capacity : 0)
    this.#index = new Int32Array(indexSize(this.#capacity))
    this.#mask = this.#index.length - 1
  }

  /** When the key that is remembered last was seen. */
  get newest(): number {
    return this.#times[(this.#first + this.size - 1) % this.#capacity] ?? 0
  }

  /**
   * Reads where the next keys will be looked for, whose hashes stand in `words`, `step` apart. Memory is read at once for all of
   * them here; key by key the processor would wait for each.
   */
  fetch(words: Int32Array, from: number, until: number, step: number): void {
    const index = this.#index
    const mask = this.#mask
    let sum = 0
    for (let at = from; at < until; at += step) sum = (sum + (index[(words[at] as number) & mask] as number)) | 0
    this.fetched = sum
  }

  /** Without a use for what was read, nothing would be. */
  fetched = 0

  /** True when the key with this hash is new: it is remembered from now on. */
  addWords(a: number, b: number, c: number, d: number, now: number): boolean {
    const words = this.#words
    const mask = this.#mask
    const index = this.#index
    let place = a & mask
    for (let slot = (index[place] as number) - 1; slot >= 0; slot = (index[place] as number) - 1) {
      const at = 4 * slot
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) {
        if (!this.#hasTimes || (this.#times[slot] as number) + this.#ttl > now) return false
        // Its time is over, though others that came before stay: a clock was set back. It is seen again.
        this.#removeFromIndex(slot)
        this.#enter(this.#append(a, b, c, d, now))
        return true
      }
      place = (place + 1) & mask
    }
    const isRoomy = this.size < this.#capacity
    const slot = this.#append(a, b, c, d, now)
    // Nothing has moved: the empty place is the one just found.
    if (isRoomy) index[place] = slot + 1
    else this.#enter(slot)
    return true
  }

  /** Forgets the keys whose time is over. */
  expire(now: number): void {
    while (this.size > 0 && (this.#times[this.#first] as number) + this.#ttl <= now) this.#removeFirst()
  }

  /** Calls back for the keys in the order in which they were seen, but for so many at the end. */
  each(callback: (a: number, b: number, c: number, d: number, time: number) => void, butLast = 0): void {
    for (let index = 0; index < this.size - butLast; index++) {
      const slot = (this.#first + index) % this.#capacity
      const at = 4 * slot
      const words = this.#words
      const [a, b, c, d] = [words[at] ?? 0, words[at + 1] ?? 0, words[at + 2] ?? 0, words[at + 3] ?? 0]
      callback(a, b, c, d, this.#times[slot] ?? 0)
    }
  }

  #append(a: number, b: number, c: number, d: number, now: number): number {
    if (this.size === this.#capacity) {
      if (this.size < this.#max) this.#grow()
      else {
        this.#removeFirst()
        this.forgotten++
      }
    }
    let slot = this.#first + this.size
    if (slot >= this.#capacity) slot -= this.#capacity
    const at = 4 * slot
    this.#words[at] = a
    this.#words[at + 1] = b
    this.#words[at + 2] = c
    this.#words[at + 3] = d
    if (this.#hasTimes) this.#times[slot] = now
    this.size++
    return slot
  }

  #enter(slot: number): void {
    let place = (this.#words[4 * slot] as number) & this.#mask
    while (this.#index[place] !== 0) place = (place + 1) & this.#mask
    this.#index[place] = slot + 1
  }

  #removeFirst(): void {
    this.#removeFromIndex(this.#first)
    this.#first = (this.#first + 1) % this.#capacity
    this.size--
  }

  // What was pushed past the gap moves back into it: no tombstones, so a table that turns over does not slow down.
  #removeFromIndex(slot: number): void {
    const index = this.#index
    const mask = this.#mask
    let gap = (this.#words[4 * slot] as number) & mask
    while (index[gap] !== slot + 1) {
      // It was seen again later, and is not looked for here any more.
      if (index[gap] === 0) return
      gap = (gap + 1) & mask
    }
    for (let place = (gap + 1) & mask; index[place] !== 0; place = (place + 1) & mask) {
      const home = (this.#words[4 * ((index[place] as number) - 1)] as number) & mask
      if (((place - home) & mask) < ((place - gap) & mask)) continue
      index[gap] = index[place] as number
      gap = place
    }
    index[gap] = 0
  }

  #grow(): void {
    const capacity = Math.min(this.#max, 2 * this.#capacity)
    const words = new Int32Array(4 * capacity)
    words.set(this.#words.subarray(4 * this.#first))
    words.set(this.#words.subarray(0, 4 * this.#first), 4 * (this.#capacity - this.#first))
    if (this.#hasTimes) {
      const times = new Float64Array(capacity)
      times.set(this.#times.subarray(this.#first))
      times.set(this.#times.subarray(0, this.#first), this.#capacity - this.#first)
      this.#times = times
    }
    const left = new Set<number>()
    if (this.#hasTimes) this.#findLeft(left)
    this.#words = words
    this.#first = 0
    this.#capacity = capacity
    this.#index = new Int32Array(indexSize(capacity))
    this.#mask = this.#index.length - 1
    for (let slot = 0; slot < this.size; slot++) if (!left.has(slot)) this.#enter(slot)
  }

  // Those that were seen again later, by their order: they are in no index.
  #findLeft(left: Set<number>): void {
    const entered = new Uint8Array(this.#capacity)
    for (const slot of this.#index) if (slot > 0) entered[slot - 1] = 1
    for (let at = 0; at < this.size; at++) if (entered[(this.#first + at) % this.#capacity] === 0) left.add(at)
  }
}

const indexSize = (capacity: number): number => 2 ** Math.ceil(Math.log2(2 * Math.max(8, capacity)))
