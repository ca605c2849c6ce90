import { isUtf8 } from 'node:buffer'
import { Failure } from '../../core/failure.js'
import { parsePath } from '../../core/json/path.js'
import { Rows } from '../../core/json/rows.js'
import { type Piece, splitPlaceholders } from './placeholders.js'

/** Text with fields in it: a number stands for the field of that index. */
export type Template = readonly (string | number)[]

/** What the fields are for, as words in a failure: `the command takes as an argument`, `an argument`. */
export type FieldUse = { readonly need: string; readonly place: string }

/**
 * Cuts a text at its `{.path}`s and adds their paths to `fields`, each once. Throws a `RangeError` for one that is not closed
 * or no path: with `shown`, what the text is called, nothing of it is told.
 */
export const compileTemplate = (text: string, fields: string[], shown?: string): Template =>
  splitPlaceholders(text, shown).map((piece: Piece) => {
    if (typeof piece === 'string') return piece
    if (shown !== undefined) checkPath(piece.path, shown)
    return addField(fields, piece.path)
  })

const checkPath = (path: string, shown: string): void => {
  try {
    parsePath(path)
  } catch {
    throw new RangeError(
      `${shown} has a placeholder that is not a field path, expected one like {.user.id}; write {{ for a brace`,
    )
  }
}

const addField = (fields: string[], path: string): number => {
  const known = fields.indexOf(path)
  return known === -1 ? fields.push(path) - 1 : known
}

/** A template with its fields filled in. */
export const fillTemplate = (template: Template, values: readonly string[]): string => {
  let text = ''
  for (const part of template) text += typeof part === 'string' ? part : values[part]
  return text
}

/**
 * Finds the JSON of several fields of a record in one pass. What it gives back throws a `Failure` of kind `field` when one
 * is missing and `parse` when the record is not JSON; it throws a `RangeError` itself for a bad path.
 */
export const createFieldReader = (fields: readonly string[], use: FieldUse): ((bytes: Buffer) => string[]) => {
  if (fields.length === 0) return () => []
  const rows = new Rows(fields.map(parseField))
  return bytes => {
    if (!rows.scanAlone(bytes)) throw unreadable(bytes, use)
    return fields.map((field, index) => {
      const start = rows.starts[index]
      if (start === -1) throw new Failure('field', 'input', `Record has no field ${field}, which ${use.need}`)
      return bytes.toString('utf8', start, rows.ends[index])
    })
  }
}

/** The text of a string, the JSON of anything else. Throws a `Failure` for text that is not valid Unicode. */
export const toFieldText = (json: string, field: string, { place }: FieldUse): string => {
  if (!json.startsWith('"')) return json
  const text = String(JSON.parse(json))
  if (loneSurrogate.test(text)) {
    throw new Failure('field', 'input', `Field ${field} is not valid Unicode and cannot be ${place}`)
  }
  return text
}

const loneSurrogate = /\p{Surrogate}/u

const unreadable = (bytes: Buffer, { place }: FieldUse): Failure =>
  isUtf8(bytes)
    ? new Failure('parse', 'input', `Record is not valid JSON, so no field can be put into ${place}`)
    : new Failure('field', 'input', `Record is not valid Unicode (UTF-8), so no field can be put into ${place}`)

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
