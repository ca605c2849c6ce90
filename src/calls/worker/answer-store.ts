import { Lines } from '../../core/lines.js'

/**
 * Keeps what a worker writes in large pieces of memory: each read has a memory of its own, which costs more to keep than a
 * line, and many small ones keep the collector busy.
 */
export class AnswerStore {
  /** Where the lines of the last `add` end in the memory, from `first` on, and how many they are. */
  ends = new Int32Array(blockEnds)
  first = 0
  count = 0
  /** Where what was added last begins and ends. */
  begin = 0
  end = 0
  #slab = Buffer.alloc(0)
  #endsUsed = 0

  /** Adds bytes without a newline, if there are any, and a chunk behind them; looks for so many lines at most. */
  add(parts: readonly Buffer[], chunk: Buffer, most: number): void {
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    this.#makeRoom(length + chunk.length)
    const slab = this.#slab
    let at = this.begin
    for (const part of parts) at += part.copy(slab, at)
    chunk.copy(slab, at)
    this.first = this.#endsUsed
    let count = 0
    for (let found = chunk.indexOf(10); found !== -1 && count < most; found = chunk.indexOf(10, found + 1)) {
      if (this.first + count === this.ends.length) this.#moveEnds(count)
      this.ends[this.first + count++] = at + found + 1
    }
    this.count = count
    this.#endsUsed = this.first + count
  }

  /** Where one of the lines ends. */
  endOf(index: number): number {
    return index < 0 ? this.begin : (this.ends[this.first + index] as number)
  }

  lines(from: number, until: number, number: number, file: string | undefined): Lines {
    return new Lines(this.#slab, this.endOf(from - 1), this.ends, this.first + from, until - from, number, file)
  }

  #makeRoom(length: number): void {
    this.begin = this.end
    if (this.begin + length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(Math.max(slabSize, length))
      this.begin = 0
    }
    this.end = this.begin + length
  }

  /** A block is full in the middle of a chunk: those who have lines of it keep it. */
  #moveEnds(count: number): void {
    const block = new Int32Array(Math.max(blockEnds, 2 * count))
    block.set(this.ends.subarray(this.first, this.first + count))
    this.ends = block
    this.first = 0
  }
}

const slabSize = 64 * 1024
const blockEnds = 1024
