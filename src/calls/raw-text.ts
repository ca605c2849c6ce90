import { readString } from '../core/json/read-string.js'
import { createScanner } from '../core/json/scan.js'
import type { Line } from '../core/lines.js'

/** What a program is given of a record. */
export type ProgramInput = (line: Line) => Buffer

/** The record as it is, or its text and a newline when its line was text: `bc` and `psql` cannot be fed with JSON. */
export const createProgramInput = (isText: (line: Line) => boolean): ProgramInput => {
  const scanner = createScanner()
  return line => {
    const { bytes } = line
    // Only a string can be text: for anything else the costly lookup is skipped.
    if (bytes[0] !== quote || !isText(line) || !scanner.scan(bytes, 0, bytes.length)) return bytes
    const text = readString(bytes, scanner.valueStart, scanner.valueEnd)
    return text === undefined ? bytes : Buffer.from(`${text}\n`)
  }
}

const quote = 0x22
