import { Failure } from '../../core/failure.js'
import type { Path } from '../../core/json/path.js'
import { parseFailure } from '../../core/json/record-failures.js'
import { createScanner } from '../../core/json/scan.js'
import { joinLines, type Line } from '../../core/lines.js'
import { type Shape, withoutNewline } from './shape.js'

/** The result is put at a path of the record; everything else stays byte for byte. */
export const putInto = (path: Path): Shape => {
  const put = createPut(path)
  return (line, result) => joinLines(result.map(bytes => ({ ...line, bytes: put(line, withoutNewline(bytes)) })))
}

/**
 * Puts a value at a path of a record without touching its other bytes: in the place of the value there, or as a new last
 * member of the innermost object there is. Throws a `Failure` of kind `field` where the path leads into something else.
 */
export const createPut = (path: Path): ((line: Line, value: Buffer) => Buffer) => {
  const find = createPlaceFinder(path)
  return (line, value) => {
    const { bytes } = line
    const { start, end, missing } = find(line)
    if (missing.length === 0) return Buffer.concat([bytes.subarray(0, start), value, bytes.subarray(end)])
    const names = missing.map(segment => JSON.stringify(segment))
    const isEmpty = /^\{[ \t\r]*\}$/.test(bytes.toString('latin1', start, Math.min(end, start + 256)))
    const head = `${isEmpty ? '' : ','}${names.join(':{')}:`
    return Buffer.concat([
      bytes.subarray(0, end - 1),
      Buffer.from(head),
      value,
      Buffer.from('}'.repeat(names.length - 1)),
      bytes.subarray(end - 1),
    ])
  }
}

/** Throws what `createPut` would throw for a record, before there is a value. */
export const createPutCheck = (path: Path): ((line: Line) => void) => createPlaceFinder(path)

/** The deepest value there is along the path, and what of the path is missing in it. */
type Place = { readonly start: number; readonly end: number; readonly missing: Path['segments'] }

const createPlaceFinder = (path: Path): ((line: Line) => Place) => {
  // The record, its member, the member's member, …
  const prefixes = path.segments.map((_, depth) => ({ text: path.text, segments: path.segments.slice(0, depth + 1) }))
  const scanner = createScanner(prefixes)
  return line => {
    const { bytes } = line
    if (!scanner.scan(bytes, 0, bytes.length)) throw parseFailure(line)
    let depth = prefixes.length
    while (depth > 0 && scanner.starts[depth - 1] === -1) depth--
    const start = depth === 0 ? scanner.valueStart : (scanner.starts[depth - 1] ?? 0)
    const end = depth === 0 ? scanner.valueEnd : (scanner.ends[depth - 1] ?? 0)
    const missing = path.segments.slice(depth)
    if (missing.length > 0 && (bytes[start] !== 0x7b || missing.some(segment => typeof segment === 'number'))) {
      throw new Failure('field', 'input', `Line ${line.number}: there is no object to put ${path.text} into`)
    }
    return { start, end, missing }
  }
}
