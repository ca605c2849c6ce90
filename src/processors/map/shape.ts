import { parseFailure } from '../../core/json/record-failures.js'
import { createScanner } from '../../core/json/scan.js'
import { joinLines, type Line, Lines } from '../../core/lines.js'
import { linesOf } from './lines-of.js'

export type Shape = (line: Line, result: readonly Buffer[]) => Lines

/** The results take the record's place. */
export const replace: Shape = (line, result) => {
  const [first] = result
  if (first !== undefined && result.length === 1) return Lines.of(first, line.number, line.file)
  return joinLines(result.map(bytes => ({ ...line, bytes })))
}

/** The record itself goes on: the call was made for its effect. */
export const pass: Shape = line => Lines.fromLine(line)

/** The same for results that are all in one buffer. */
export const replaceTogether: Shape = (line, result) => {
  const [bytes] = result
  return bytes === undefined ? Lines.none : linesOf(bytes, line.number, line.file)
}

/** `{"record":…,"result":…}`, both byte for byte. */
export const keep: Shape = (line, result) => {
  const value = readValue(line)
  return joinLines(
    result.map(bytes => ({
      ...line,
      bytes: Buffer.concat([recordKey, value, resultKey, withoutNewline(bytes), ending]),
    })),
  )
}

const recordKey = Buffer.from('{"record":')
const resultKey = Buffer.from(',"result":')
const ending = Buffer.from('}\n')
const scanner = createScanner()

const readValue = (line: Line): Buffer => {
  checkJson(line)
  return line.bytes.subarray(scanner.valueStart, scanner.valueEnd)
}

/** Throws a `Failure` of kind `parse` unless the record is one JSON value. */
export const checkJson = (line: Line): void => {
  if (scanner.scan(line.bytes, 0, line.bytes.length)) return
  throw parseFailure(line)
}

/** The value of a line alone. */
export const withoutNewline = (bytes: Buffer) =>
  bytes.subarray(0, bytes.at(-1) === 10 ? bytes.length - 1 : bytes.length)
