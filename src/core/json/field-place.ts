import type { Scanner } from './scan.js'

/** Where the value of a field is in the line that was scanned last. A class, as it is asked for every line. */
class FieldPlace {
  constructor(
    private readonly starts: Int32Array,
    private readonly ends: Int32Array,
    private readonly index: number,
  ) {}

  /** -1 when the field is missing. */
  get start(): number {
    return this.starts[this.index] as number
  }

  get end(): number {
    return this.ends[this.index] as number
  }
}

/** The place of one of the fields that a scanner looks for, the first unless said; of one that it does not look for: missing. */
export const placeOf = ({ starts, ends }: Scanner, index = 0): FieldPlace =>
  index in starts ? new FieldPlace(starts, ends, index) : nowhere

const nowhere = new FieldPlace(Int32Array.of(-1), Int32Array.of(-1), 0)
