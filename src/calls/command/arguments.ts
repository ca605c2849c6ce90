import { Failure } from '../../core/failure.js'
import { parsePath } from '../../core/json/path.js'
import type { Line } from '../../core/lines.js'
import { compileTemplate, createFieldReader, fillTemplate, toFieldText } from '../template/fields.js'
import { splitPlaceholders } from '../template/placeholders.js'

/** The arguments of a command for one record; throws a `Failure` of kind `field` when the record does not fill them. */
export type FillArguments = (line: Line) => readonly string[]

/**
 * Prepares arguments that may hold `{.path}`: a string field is put in as its text, anything else as its JSON; `{.}` is
 * the whole record, `{{` a brace. What is put in is never looked at again. Throws a `RangeError` for a bad path.
 */
export const prepareArguments = (templates: readonly string[]): FillArguments => {
  const fields: string[] = []
  const prepared = templates.map(template => compileTemplate(template, fields))
  if (fields.length === 0) {
    const fixed = prepared.map(pieces => pieces.join(''))
    return () => fixed
  }
  const readFields = createFieldReader(fields, use)
  return line => {
    const texts = readFields(line.bytes).map((json, index) => toText(json, fields[index] ?? ''))
    return prepared.map(template => fillTemplate(template, texts))
  }
}

const use = { need: 'the command takes as an argument', place: 'an argument' }

/** Whether a text has a `{.path}` in it; `{. x}` or an open brace is none. */
export const hasPlaceholder = (text: string): boolean => {
  try {
    return splitPlaceholders(text).some(piece => typeof piece !== 'string' && isPath(piece.path))
  } catch {
    return false
  }
}

const isPath = (path: string): boolean => {
  try {
    parsePath(path)
    return true
  } catch {
    return false
  }
}

/** What `spawn` hands over byte for byte: nothing it would cut off (NUL) or change (lone surrogates). */
const toText = (json: string, field: string): string => {
  const text = toFieldText(json, field, use)
  if (text.includes('\0')) {
    throw new Failure('field', 'input', `Field ${field} contains a NUL character, which an argument cannot contain`)
  }
  return text
}
