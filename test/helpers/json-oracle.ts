import { isUtf8 } from 'node:buffer'
import { describeError } from '../../src/core/json/describe-error.js'
import type { Path } from '../../src/core/json/path.js'
import type { Scanner } from '../../src/core/json/scan.js'

/** What JSON.parse makes of the bytes, which must be UTF-8; undefined when it refuses them. */
export const parseStrictly = (bytes: Buffer): unknown => {
  if (!isUtf8(bytes)) return undefined
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}

/** The value at a path of a parsed record, undefined when it is missing. */
export const valueAt = (record: unknown, path: Path): unknown =>
  path.segments.reduce((value, segment) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) !== (typeof segment === 'number'))
      return undefined
    return Object.hasOwn(value, segment) ? (value as Record<string | number, unknown>)[segment] : undefined
  }, record)

/** Scans bytes[start, end) and says where the scanner and JSON.parse differ; undefined when they agree. */
export const findDifference = (
  scanner: Scanner,
  paths: readonly Path[],
  bytes: Buffer,
  start: number,
  end: number,
): string | undefined => {
  const line = bytes.subarray(start, end)
  const record = parseStrictly(line)
  if (scanner.scan(bytes, start, end) !== (record !== undefined)) return `accepted: ${record === undefined}`
  if (record === undefined) return findWrongColumn(bytes, start, end)
  const trimmed = line.toString('latin1').replace(/^[ \t\r]+|[ \t\r\n]+$/g, '')
  if (bytes.toString('latin1', scanner.valueStart, scanner.valueEnd) !== trimmed) return 'range of the whole value'
  for (const [at, path] of paths.entries()) {
    const value = valueAt(record, path)
    const from = scanner.starts[at] as number
    if (from < 0 !== (value === undefined)) return `${path.text} found: ${from >= 0}`
    if (from < 0) continue
    const found: unknown = JSON.parse(bytes.toString('utf8', from, scanner.ends[at]))
    if (JSON.stringify(found) !== JSON.stringify(value)) return `${path.text} is ${JSON.stringify(found)}`
  }
  return undefined
}

// V8 says where in its message in most cases, in characters from 0.
const findWrongColumn = (bytes: Buffer, start: number, end: number): string | undefined => {
  const { column } = describeError(bytes, start, end)
  const line = bytes.subarray(start, end - 1)
  if (!isUtf8(line))
    return isUtf8(line.subarray(0, column - 1)) || !isUtf8(line.subarray(0, column - 4))
      ? undefined
      : `column ${column}`
  const text = line.toString()
  try {
    JSON.parse(text)
  } catch (error) {
    const position = /at position (\d+)/.exec((error as Error).message)?.[1]
    const wanted =
      position !== undefined
        ? Buffer.byteLength(text.slice(0, Number(position))) + 1
        : /end of JSON input/.test((error as Error).message)
          ? line.length + 1
          : column
    if (column !== wanted) return `column ${column}, JSON.parse says ${wanted}`
  }
  return undefined
}
