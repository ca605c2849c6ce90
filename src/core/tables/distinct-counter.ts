/**
 * Counts different values by 64 bits of their hashes: exactly up to 1,000, beyond by HyperLogLog with 4,096 registers (P. Flajolet
 * et al., 2007), whose standard error is 1.6 %, read by the estimator of O. Ertl, "New cardinality estimation algorithms for
 * HyperLogLog sketches", 2017, which has no bias at small or large counts.
 */
export class DistinctCounter {
  // Pairs of words, open addressing, at most half full; a pair of zeros is an empty place.
  #hashes: Int32Array | undefined = new Int32Array(2 * 8)
  #size = 0
  #hasZero = false
  #registers: Uint8Array | undefined

  /** About how much memory it takes. */
  get bytes(): number {
    return 64 + (this.#hashes?.byteLength ?? registers)
  }

  add(high: number, low: number): void {
    if (this.#hashes === undefined) this.#register(high, low)
    else if (high === 0 && low === 0) this.#hasZero = true
    else this.#enter(high, low)
  }

  /** Adds all that another one has counted. */
  merge(other: DistinctCounter): void {
    const theirs = other.#hashes
    if (theirs !== undefined) {
      if (other.#hasZero) this.add(0, 0)
      for (let at = 0; at < theirs.length; at += 2) {
        const high = theirs[at] as number
        const low = theirs[at + 1] as number
        if (high !== 0 || low !== 0) this.add(high, low)
      }
      return
    }
    if (this.#hashes !== undefined) this.#estimate()
    const mine = this.#registers as Uint8Array
    const more = other.#registers as Uint8Array
    for (let at = 0; at < registers; at++)
      if ((more[at] as number) > (mine[at] as number)) mine[at] = more[at] as number
  }

  count(): number {
    if (this.#hashes !== undefined) return this.#size + (this.#hasZero ? 1 : 0)
    return Math.round(estimate(this.#registers as Uint8Array))
  }

  #enter(high: number, low: number): void {
    const hashes = this.#hashes as Int32Array
    const mask = hashes.length / 2 - 1
    let place = low & mask
    while (hashes[2 * place] !== 0 || hashes[2 * place + 1] !== 0) {
      if (hashes[2 * place] === high && hashes[2 * place + 1] === low) return
      place = (place + 1) & mask
    }
    if (this.#size + (this.#hasZero ? 1 : 0) === mostExact) {
      this.#estimate()
      return this.#register(high, low)
    }
    hashes[2 * place] = high
    hashes[2 * place + 1] = low
    this.#size++
    if (2 * this.#size > mask) this.#grow()
  }

  #grow(): void {
    const older = this.#hashes as Int32Array
    this.#hashes = new Int32Array(2 * older.length)
    this.#size = 0
    this.#each(older, (high, low) => this.#enter(high, low))
  }

  #estimate(): void {
    const hashes = this.#hashes as Int32Array
    this.#hashes = undefined
    this.#registers = new Uint8Array(registers)
    if (this.#hasZero) this.#register(0, 0)
    this.#each(hashes, (high, low) => this.#register(high, low))
  }

  #each(hashes: Int32Array, callback: (high: number, low: number) => void): void {
    for (let at = 0; at < hashes.length; at += 2) {
      const high = hashes[at] as number
      const low = hashes[at + 1] as number
      if (high !== 0 || low !== 0) callback(high, low)
    }
  }

  // The first bits choose the register, which keeps the longest run of zeros that the others began with, plus one.
  #register(high: number, low: number): void {
    const kept = this.#registers as Uint8Array
    const at = high >>> (32 - precision)
    const rest = high << precision
    const zeros = rest === 0 ? 32 - precision + Math.clz32(low) : Math.clz32(rest)
    const rank = Math.min(zeros, longest) + 1
    if (rank > (kept[at] as number)) kept[at] = rank
  }
}

const mostExact = 1000
const precision = 12
const registers = 2 ** precision
const longest = 64 - precision

const estimate = (kept: Uint8Array): number => {
  const counts = new Float64Array(longest + 2)
  for (let at = 0; at < registers; at++) {
    const rank = kept[at] as number
    counts[rank] = (counts[rank] as number) + 1
  }
  let sum = registers * tau(1 - (counts[longest + 1] as number) / registers)
  for (let rank = longest; rank >= 1; rank--) sum = 0.5 * (sum + (counts[rank] as number))
  sum += registers * sigma((counts[0] as number) / registers)
  return (registers * registers) / (2 * Math.LN2 * sum)
}

const sigma = (share: number): number => {
  if (share === 1) return Number.POSITIVE_INFINITY
  let power = share
  let factor = 1
  let sum = share
  for (;;) {
    power *= power
    const before = sum
    sum += power * factor
    factor += factor
    if (sum === before) return sum
  }
}

const tau = (share: number): number => {
  if (share === 0 || share === 1) return 0
  let root = share
  let factor = 1
  let sum = 1 - share
  for (;;) {
    root = Math.sqrt(root)
    const before = sum
    factor *= 0.5
    sum -= (1 - root) ** 2 * factor
    if (sum === before) return sum / 3
  }
}
