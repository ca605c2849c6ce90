import { isUtf8 } from 'node:buffer'
import { Failure } from '../core/failure.js'
import { describeError } from '../core/json/describe-error.js'
import { createScanner } from '../core/json/scan.js'

/** What the output of a command is: one JSON value, or one a line; or text, as a whole or line by line. */
export type OutputShape = {
  readonly multi: boolean
  readonly raw: boolean
  /** Values of lines come all in one buffer, a line each: millions of buffers would take gigabytes. */
  readonly isPacked?: boolean
  /** The output is ignored: the record itself is passed on. */
  readonly pass?: boolean
}

/**
 * The records in what a command wrote to stdout, each ending in a newline; the bytes of the values stay as they are.
 * A value that is spread over several lines becomes one line. Anything else is a `Failure` of kind `output_parse`.
 */
export const readOutput = (output: Buffer, { multi, raw, pass, isPacked }: OutputShape): readonly Buffer[] => {
  if (pass) return []
  if (!isUtf8(output)) throw wrong('Output is not UTF-8')
  if (raw) return readText(output, multi)
  if (!multi) return [readValue(output)]
  return isPacked ? readPacked(output) : readLines(output)
}

const scanner = createScanner()
const isValue = (line: Buffer) => scanner.scan(line, 0, line.length)

const readValue = (output: Buffer): Buffer => {
  const start = skipSpace(output, 0, output.length)
  const end = skipSpaceBack(output, start, output.length)
  const isSpread = hasNewline(output, start, end)
  const line = isSpread ? putOnOneLine(output.subarray(start, end)) : toLine(output, start, end)
  if (!isValue(line)) throw wrong(`Output ${explain(output)}`)
  return isSpread ? Buffer.from(line.filter(byte => byte !== carriageReturn)) : line
}

/** A return is space between tokens too, and no string of valid JSON holds it or a newline. */
const putOnOneLine = (value: Buffer): Buffer =>
  Buffer.concat([value.map(byte => (byte === newline ? carriageReturn : byte)), Buffer.of(newline)])

const readLines = (output: Buffer): Buffer[] => {
  const values: Buffer[] = []
  let number = 1
  forEachLine(output, (from, to) => {
    const start = skipSpace(output, from, to)
    const end = skipSpaceBack(output, start, to)
    if (start < end) {
      const line = toLine(output, start, end)
      if (!isValue(line)) throw wrong(`Line ${number} of the output ${explain(line)}`)
      values.push(line)
    }
    number += 1
  })
  return values
}

const readPacked = (output: Buffer): Buffer[] => {
  const packed = Buffer.allocUnsafe(output.length + 1)
  let filled = 0
  let number = 1
  forEachLine(output, (from, to) => {
    const start = skipSpace(output, from, to)
    const end = skipSpaceBack(output, start, to)
    if (start < end) {
      const at = filled
      filled += output.copy(packed, filled, start, end)
      packed[filled++] = newline
      if (!scanner.scan(packed, at, filled)) {
        throw wrong(`Line ${number} of the output ${explain(packed.subarray(at, filled))}`)
      }
    }
    number += 1
  })
  return filled === 0 ? [] : [packed.subarray(0, filled)]
}

const readText = (output: Buffer, multi: boolean): Buffer[] => {
  if (!multi) return [quote(output, 0, output.at(-1) === newline ? output.length - 1 : output.length)]
  const values: Buffer[] = []
  forEachLine(output, (start, end) => values.push(quote(output, start, end)))
  return values
}

const forEachLine = (output: Buffer, visit: (start: number, end: number) => void) => {
  for (let start = 0; start < output.length; ) {
    const found = output.indexOf(newline, start)
    const end = found === -1 ? output.length : found
    visit(start, end)
    start = end + 1
  }
}

const quote = (output: Buffer, start: number, end: number): Buffer => {
  try {
    return Buffer.from(`${JSON.stringify(output.toString('utf8', start, end))}\n`)
  } catch {
    // V8 has no longer strings than 512 MiB, escapes included.
    throw new Failure('output_too_large', 'permanent', `Output of ${end - start} bytes is too long for one JSON string`)
  }
}

/** A view when a newline follows anyway. */
const toLine = (output: Buffer, start: number, end: number): Buffer =>
  output[end] === newline
    ? output.subarray(start, end + 1)
    : Buffer.concat([output.subarray(start, end), Buffer.of(newline)])

const newline = 0x0a
const carriageReturn = 0x0d
const isSpace = (byte: number | undefined) =>
  byte === newline || byte === carriageReturn || byte === 0x20 || byte === 0x09

const skipSpace = (bytes: Buffer, start: number, end: number): number => {
  let at = start
  while (at < end && isSpace(bytes[at])) at += 1
  return at
}

const skipSpaceBack = (bytes: Buffer, start: number, end: number): number => {
  let at = end
  while (at > start && isSpace(bytes[at - 1])) at -= 1
  return at
}

const hasNewline = (bytes: Buffer, start: number, end: number): boolean => {
  const at = bytes.indexOf(newline, start)
  return at !== -1 && at < end
}

const wrong = (message: string) => new Failure('output_parse', 'permanent', message)

/** The end of a sentence on bytes that are not one value; nothing of them is quoted. Bytes count from 1. */
const explain = (output: Buffer): string => {
  if (skipSpace(output, 0, output.length) === output.length) return `is empty, expected one JSON value; ${advice}`
  const line = putOnOneLine(output)
  const { column, message } = describeError(line, 0, line.length)
  return `is not one JSON value, at byte ${column}: ${message}; ${advice}`
}

const advice = '--multi allows any number, one a line; --raw takes text'
