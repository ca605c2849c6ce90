import type { Line, Lines } from '../lines.js'
import { LineStore } from './line-store.js'

/** The lines that came last, up to so many: copied, in order. */
export class RecentLines {
  readonly #lines = new LineStore()
  #first = 0
  /** How many are held. */
  size = 0

  constructor(
    /** Held at most; it must be more than 0. */
    readonly max: number,
  ) {}

  /** Bytes of all lines that are held. */
  get bytes(): number {
    return this.#lines.bytes
  }

  /** Holds a line; the oldest one leaves when there are too many. */
  add(lines: Lines, index: number): void {
    this.#lines.put((this.#first + this.size) % this.max, lines, index)
    if (this.size < this.max) this.size++
    else this.#first = (this.#first + 1) % this.max
  }

  /** Takes out the oldest line, in memory of its own; undefined when there is none. */
  shift(): Line | undefined {
    if (this.size === 0) return undefined
    const line = this.#lines.read(this.#first)
    this.#lines.remove(this.#first)
    this.#first = (this.#first + 1) % this.max
    this.size--
    return line
  }
}
