/** One record as it was read: UTF-8 bytes that end in a newline, never changed in place, and where it came from. */
export type Line = {
  readonly bytes: Buffer
  /** Line number in its input, from 1. */
  readonly number: number
  /** The FILE operand it was read from; undefined for standard input. */
  readonly file: string | undefined
}

/**
 * Consecutive complete lines: one buffer, and where each line ends. Never changed in place.
 * A view per line is the largest cost of a cheap command (70-195 ns), so views are made on demand, by `at`.
 */
export class Lines {
  static readonly none = new Lines(Buffer.alloc(0), 0, new Int32Array(0), 0, 0, 0, undefined)

  constructor(
    readonly bytes: Buffer,
    private readonly begin: number,
    private readonly ends: Int32Array,
    private readonly first: number,
    /** Number of lines. */
    readonly length: number,
    /** Line number of the first line; the numbers of the others follow without gaps. */
    readonly number: number,
    readonly file: string | undefined,
  ) {}

  /** One line, or lines made from one record: `bytes` must end in a newline unless it is empty. */
  static of(bytes: Buffer, number: number, file?: string): Lines {
    if (bytes.length === 0) return Lines.none
    // Int32Array.of takes ten times as long.
    const ends = new Int32Array(1)
    ends[0] = bytes.length
    return new Lines(bytes, 0, ends, 0, 1, number, file)
  }

  static fromLine(line: Line): Lines {
    return Lines.of(line.bytes, line.number, line.file)
  }

  /** Offset in `bytes` of the first byte of a line. */
  start(index: number): number {
    const at = this.first + index
    return index === 0 ? this.begin : (this.ends[at - 1] as number)
  }

  /** Offset in `bytes` just past the newline of a line. */
  end(index: number): number {
    return this.ends[this.first + index] as number
  }

  get byteLength(): number {
    return this.length === 0 ? 0 : this.end(this.length - 1) - this.begin
  }

  /** A view of one line, created on demand. It keeps the whole buffer in memory: `copy` lines that are kept. */
  at(index: number): Line {
    const start = this.start(index)
    return {
      // Buffer.from(buffer, offset, length) is twice as fast as subarray.
      bytes: Buffer.from(this.bytes.buffer as ArrayBuffer, this.bytes.byteOffset + start, this.end(index) - start),
      number: this.number + index,
      file: this.file,
    }
  }

  /** The same bytes, nothing copied. */
  slice(from: number, until = this.length): Lines {
    const to = Math.min(until, this.length)
    if (from >= to) return Lines.none
    if (from === 0 && to === this.length) return this
    return new Lines(
      this.bytes,
      this.start(from),
      this.ends,
      this.first + from,
      to - from,
      this.number + from,
      this.file,
    )
  }

  /** The bytes of all lines as one view. */
  view(): Buffer {
    return Buffer.from(this.bytes.buffer as ArrayBuffer, this.bytes.byteOffset + this.begin, this.byteLength)
  }

  *[Symbol.iterator](): Generator<Line> {
    for (let index = 0; index < this.length; index++) yield this.at(index)
  }
}

/** Copies a line into its own memory, to keep it after `push` has returned. */
export const copyLine = ({ bytes, number, file }: Line): Line => ({ bytes: Buffer.from(bytes), number, file })

/** Joins lines into one `Lines`; their numbers continue from the first. */
export const joinLines = (lines: readonly Line[]): Lines => {
  const first = lines[0]
  if (first === undefined) return Lines.none
  if (lines.length === 1) return Lines.fromLine(first)
  const ends = new Int32Array(lines.length)
  let end = 0
  for (const [index, { bytes }] of lines.entries()) {
    end += bytes.length
    ends[index] = end
  }
  const bytes = Buffer.concat(
    lines.map(line => line.bytes),
    end,
  )
  return new Lines(bytes, 0, ends, 0, lines.length, first.number, first.file)
}
