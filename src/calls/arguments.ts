import { isUtf8 } from 'node:buffer'
import { Failure } from '../core/failure.js'
import type { Line } from '../core/lines.js'
import { parsePath } from '../core/path.js'
import { createScanner } from '../core/scan.js'
import { splitPlaceholders } from './placeholders.js'

/** The arguments of a command for one record; throws a `Failure` of kind `field` when the record does not fill them. */
export type FillArguments = (line: Line) => readonly string[]

/**
 * Prepares arguments that may hold `{.path}`: a string field is put in as its text, anything else as its JSON; `{.}` is
 * the whole record, `{{` a brace. What is put in is never looked at again. Throws a `RangeError` for a bad path.
 */
export const prepareArguments = (templates: readonly string[]): FillArguments => {
  const fields: string[] = []
  // A number stands for the field of that index.
  const prepared = templates.map(template =>
    splitPlaceholders(template).map(piece => (typeof piece === 'string' ? piece : addField(fields, piece.path))),
  )
  if (fields.length === 0) {
    const fixed = prepared.map(pieces => pieces.join(''))
    return () => fixed
  }
  const findFields = createFinder(fields)
  return line => {
    const texts = findFields(line.bytes)
    return prepared.map(pieces => pieces.map(piece => (typeof piece === 'number' ? texts[piece] : piece)).join(''))
  }
}

/** Whether a text has a `{.path}` in it; `{. x}` or an open brace is none. */
export const hasPlaceholder = (text: string): boolean => {
  try {
    return splitPlaceholders(text).some(piece => typeof piece !== 'string' && isPath(piece.path))
  } catch {
    return false
  }
}

const addField = (fields: string[], path: string): number => {
  const known = fields.indexOf(path)
  return known === -1 ? fields.push(path) - 1 : known
}

const isPath = (path: string): boolean => {
  try {
    parsePath(path)
    return true
  } catch {
    return false
  }
}

const createFinder = (fields: readonly string[]): ((bytes: Buffer) => string[]) => {
  const scanner = createScanner(fields.map(parseField))
  return bytes => {
    if (!scanner.scan(bytes, 0, bytes.length)) throw unreadable(bytes)
    return fields.map((field, index) => {
      const start = scanner.starts[index] ?? -1
      if (start === -1) {
        throw new Failure('field', 'input', `Record has no field ${field}, which the command takes as an argument`)
      }
      return toText(bytes.subarray(start, scanner.ends[index]), field)
    })
  }
}

const unreadable = (bytes: Buffer): Failure =>
  isUtf8(bytes)
    ? new Failure('parse', 'input', 'Record is not valid JSON, no field of it can be put into an argument')
    : new Failure('field', 'input', 'Record is not valid Unicode (UTF-8), no field of it can be put into an argument')

const parseField = (field: string) => {
  try {
    return parsePath(field)
  } catch (error) {
    throw new RangeError(
      `Placeholder {${field}} is not a field path, expected one like {.user.id} or {.}; write {{ for a brace`,
      { cause: error },
    )
  }
}

/** What `spawn` hands over byte for byte: nothing it would cut off (NUL) or change (lone surrogates). */
const toText = (value: Buffer, field: string): string => {
  const text = decode(value.toString())
  if (loneSurrogate.test(text)) {
    throw new Failure('field', 'input', `Field ${field} is not valid Unicode and cannot be an argument`)
  }
  if (text.includes('\0')) {
    throw new Failure('field', 'input', `Field ${field} holds a NUL character, which no argument can hold`)
  }
  return text
}

const loneSurrogate = /\p{Surrogate}/u

const decode = (json: string): string => {
  if (!json.startsWith('"')) return json
  const text: unknown = JSON.parse(json)
  return String(text)
}
