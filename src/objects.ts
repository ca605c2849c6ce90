import { Duplex } from 'node:stream'
import ndjson from 'ndjson'
import { Failure } from './core/failure.js'
import { Splitter } from './core/io/split.js'
import { parseFailure } from './core/json/record-failures.js'
import { createScanner } from './core/json/scan.js'
import type { Line, Lines } from './core/lines.js'

export type ObjectOptions = {
  /** Called for each line or value that failed; without it the stream fails at the first one. */
  readonly onFailure?: (line: Line, failure: Failure) => void
  /** Maximum length of a line in bytes (16 MiB). */
  readonly maxLine?: number
}

/**
 * A Node stream that takes NDJSON bytes and emits the value of each line. A line that is not valid JSON fails as `parse`, and so
 * does `null`, which a stream of objects cannot contain. Values before a failure are emitted before it is reported.
 */
export const toObjects = ({ onFailure = fail, maxLine = 16 * 1024 * 1024 }: ObjectOptions = {}): Duplex =>
  Duplex.from(async function* (chunks: AsyncIterable<Uint8Array | string>) {
    const parser = ndjson.parse()
    const found: (Lines | (() => void))[] = []
    const splitter = new Splitter(
      { maxLine },
      {
        records: lines => void found.push(lines),
        failures: lines => void found.push(lines),
        blank() {},
        tooLong: ({ number, file, length, sha256, head }) => {
          const message = `Line ${number} is ${length} bytes long, more than maxLine ${maxLine}`
          const line = { bytes: Buffer.concat([head, Buffer.from('\n')]), number, file }
          found.push(() => onFailure(line, new Failure('too_long', 'input', message, { length, sha256 })))
        },
      },
    )
    const take = function* () {
      for (const one of found.splice(0)) {
        if (typeof one === 'function') one()
        else yield* parseLines(one, parser, onFailure)
      }
    }
    for await (const chunk of chunks) {
      splitter.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
      yield* take()
    }
    splitter.end()
    yield* take()
  })

const fail = (_: Line, failure: Failure) => {
  throw failure
}

/** The package drops values before a bad line and ends at `null`, so it gets only runs of good lines. */
function* parseLines(lines: Lines, parser: Duplex, onFailure: NonNullable<ObjectOptions['onFailure']>) {
  let from = 0
  for (let index = 0; index < lines.length; index++) {
    const failure = findFailure(lines, index)
    if (failure === undefined) continue
    yield* parseRun(lines.slice(from, index), parser)
    from = index + 1
    onFailure(lines.at(index), failure)
  }
  yield* parseRun(lines.slice(from), parser)
}

function* parseRun(lines: Lines, parser: Duplex): Generator<unknown> {
  if (lines.length === 0) return
  // All that is written is parsed at once.
  parser.write(lines.view())
  for (let value = parser.read(); value !== null; value = parser.read()) yield value
}

const scanner = createScanner()
const letterN = 0x6e

const findFailure = (lines: Lines, index: number): Failure | undefined => {
  if (!scanner.scan(lines.bytes, lines.start(index), lines.end(index))) return parseFailure(lines.at(index))
  if (lines.bytes[scanner.valueStart] !== letterN) return undefined
  return new Failure('parse', 'input', `Line ${lines.number + index} is null, which a stream of objects cannot carry`)
}

/**
 * A Node stream that takes values and emits a line of NDJSON for each. A value that JSON cannot represent (`undefined`, a
 * function, a BigInt, a cyclic object) fails as `parse`; its line is empty and has the number of the value, from 1.
 */
export const fromObjects = ({ onFailure = fail }: Pick<ObjectOptions, 'onFailure'> = {}): Duplex =>
  Duplex.from(async function* (values: AsyncIterable<unknown>) {
    let writer = ndjson.stringify()
    let number = 0
    for await (const value of values) {
      number++
      const written = write(value, writer)
      if (typeof written === 'string') yield Buffer.from(written)
      else {
        // One that has thrown takes nothing more.
        writer = ndjson.stringify()
        const message = `Value ${number} cannot be written as JSON: ${written.message.split('\n')[0]}`
        onFailure({ bytes: Buffer.from('\n'), number, file: undefined }, new Failure('parse', 'input', message))
      }
    }
  })

const write = (value: unknown, writer: Duplex): string | Error => {
  try {
    writer.write(value)
    const text = String(writer.read())
    if (text.startsWith('undefined')) return new Error('JSON has no such value')
    // The package writes these words where a value holds itself; JSON.stringify throws there.
    if (text.includes('"[Circular ~')) JSON.stringify(value)
    return text
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
