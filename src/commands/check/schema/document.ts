import { UsageError } from '../../../cli/usage-error.js'
import { describeSystemError } from '../../../core/io/system-error.js'
import { describeError } from '../../../core/json/describe-error.js'
import { createScanner } from '../../../core/json/scan.js'
import { readNamed } from '../../../stores/files/read-named.js'

/** A file of a schema. */
export type SchemaDocument = {
  /** Its name in messages. */
  readonly name: string
  readonly schema: unknown
  /** Its text on one line: newlines are spaces, which changes no place. */
  readonly bytes: Buffer
  /** Where the lines begin. */
  readonly lines: readonly number[]
}

/** Reads a schema file. Throws a `UsageError` that says where it is wrong. */
export const readDocument = (path: string): SchemaDocument => {
  let text: Buffer
  try {
    text = readNamed(path)
  } catch (error) {
    throw new UsageError(`--schema: cannot read ${path}: ${describeSystemError(error)}`)
  }
  const bytes = Buffer.concat([withoutMark(text), Buffer.from('\n')])
  const lines = [0]
  for (let at = 0; at < bytes.length - 1; at++) {
    if (bytes[at] !== 10) continue
    bytes[at] = 0x20
    lines.push(at + 1)
  }
  const scanner = createScanner()
  if (!scanner.scan(bytes, 0, bytes.length)) {
    const { column, message } = describeError(bytes, 0, bytes.length)
    throw new UsageError(`--schema: ${path}:${describeOffset(lines, column - 1)}: not valid JSON: ${message}`)
  }
  return { name: path, schema: JSON.parse(bytes.toString()), bytes, lines }
}

/** An error in a schema, with its place: `--schema: order.json:12: /properties/id/pattern: …`. */
export const schemaError = (document: SchemaDocument, segments: readonly string[], problem: string): UsageError => {
  const pointer = segments.map(segment => `/${segment.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
  return new UsageError(`--schema: ${document.name}:${findLine(document, segments)}: ${pointer || '/'}: ${problem}`)
}

const findLine = ({ schema, bytes, lines }: SchemaDocument, segments: readonly string[]): number => {
  let value: unknown = schema
  const path = segments.map(segment => {
    const isIndex = Array.isArray(value)
    value = (value as Record<string, unknown> | undefined)?.[segment]
    return isIndex ? Number(segment) : segment
  })
  const scanner = createScanner([{ text: '', segments: path }])
  scanner.scan(bytes, 0, bytes.length)
  return lineOf(lines, scanner.starts[0] === -1 ? 0 : (scanner.starts[0] as number))
}

const lineOf = (lines: readonly number[], offset: number): number => lines.findLastIndex(start => start <= offset) + 1

const describeOffset = (lines: readonly number[], offset: number): string => {
  const line = lineOf(lines, offset)
  return `${line}:${offset - (lines[line - 1] as number) + 1}`
}

const withoutMark = (bytes: Buffer): Buffer =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
