import type { Path } from '../../core/json/path.js'
import type { Rows } from '../../core/json/rows.js'
import { describeType, type JsonType, typeAt } from './json-type.js'
import type { Violation } from './rule.js'

/** Finds where the value of a field begins; -1 if it is missing. A class for speed: it is called several times per record. */
export class RecordField {
  readonly text: string

  constructor(
    { text, segments }: Path,
    readonly place: number,
  ) {
    this.text = segments.length > 0 && /^[^.[]/.test(text) ? `.${text}` : text
  }

  start(rows: Rows, row: number): number {
    return rows.starts[row * rows.width + this.place] as number
  }

  end(rows: Rows, row: number): number {
    return rows.ends[row * rows.width + this.place] as number
  }

  /** A violation of the rule by the value that was found. */
  violation(type: Violation['type'], problem: string): Violation {
    return { path: this.text, type, message: `${this.text} ${problem}` }
  }

  /** A violation by a value of the wrong type. */
  wrongType(bytes: Buffer, rows: Rows, row: number, wanted: string): Violation {
    const type = this.type(bytes, rows, row)
    return this.violation(type, `is ${describeType(type)}, expected ${wanted}`)
  }

  /** A violation by a value of the right type. */
  wrongValue(bytes: Buffer, rows: Rows, row: number, problem: string): Violation {
    const type = this.type(bytes, rows, row)
    return this.violation(type, `(${describeType(type)}) ${problem}`)
  }

  type(bytes: Buffer, rows: Rows, row: number): JsonType {
    return typeAt(bytes, this.start(rows, row))
  }
}

/** Whether the value that begins here is a number. */
export const isNumberAt = (bytes: Buffer, start: number): boolean => {
  const first = bytes[start] as number
  return first === 0x2d || (first >= 0x30 && first <= 0x39)
}
