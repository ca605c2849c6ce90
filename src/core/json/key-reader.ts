import { canonicalText, isCanonical } from './canonical.js'
import type { Path } from './path.js'
import type { Rows } from './rows.js'

/**
 * Reads the key of a record, the value at a path or those at several, in canonical form: equal values are equal bytes.
 * The rows must look for these paths before any others.
 */
export class KeyReader {
  /** Where the bytes of the key read last are: JSON, an array of the values when there are several paths. */
  bytes: Buffer = Buffer.alloc(0)
  start = 0
  end = 0
  /** The path that the record asked for last has nothing at. */
  missing: Path | undefined
  #scratch: Buffer = Buffer.alloc(0)

  constructor(readonly paths: readonly Path[]) {}

  /** Reads the key of a good row; false when the record has none. What it gives holds until the next one. */
  read(rows: Rows, bytes: Buffer, row: number): boolean {
    const first = row * rows.width
    const start = rows.starts[first] as number
    if (this.paths.length > 1) return this.#readSeveral(rows, bytes, row)
    if (start === -1) {
      this.missing = this.paths[0]
      return false
    }
    const end = rows.ends[first] as number
    if (isCanonical(bytes, start, end, rows.escapes[row] as number)) this.#set(bytes, start, end)
    else this.#write(canonicalText(bytes, start, end))
    return true
  }

  /** The key read last. */
  get text(): string {
    return this.bytes.toString('utf8', this.start, this.end)
  }

  /** The key of a row as its record writes it: JSON too, but equal keys may differ. The row must have one. */
  readWritten(rows: Rows, bytes: Buffer, row: number): string {
    const values = this.paths.map((_, path) => {
      const at = row * rows.width + path
      return bytes.toString('utf8', rows.starts[at], rows.ends[at])
    })
    return values.length === 1 ? (values[0] as string) : `[${values.join()}]`
  }

  #readSeveral(rows: Rows, bytes: Buffer, row: number): boolean {
    let text = '['
    for (let path = 0; path < this.paths.length; path++) {
      const start = rows.starts[row * rows.width + path] as number
      const end = rows.ends[row * rows.width + path] as number
      if (start === -1) {
        this.missing = this.paths[path]
        return false
      }
      if (path > 0) text += ','
      text += isCanonical(bytes, start, end, rows.escapes[row] as number)
        ? bytes.toString('utf8', start, end)
        : canonicalText(bytes, start, end)
    }
    this.#write(`${text}]`)
    return true
  }

  #write(text: string): void {
    // No character of UTF-16 takes more than three bytes.
    if (this.#scratch.length < 3 * text.length) this.#scratch = Buffer.allocUnsafeSlow(Math.max(256, 6 * text.length))
    this.#set(this.#scratch, 0, this.#scratch.write(text))
  }

  #set(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes
    this.start = start
    this.end = end
  }
}

/** What to do with a record without the key: reject it, pass it as if there were no key option, or drop it. */
export type MissingKey = 'fail' | 'pass' | 'drop'
