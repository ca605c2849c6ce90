import type { Line } from '../../core/lines.js'
import { compileTemplate, fillTemplate, type Template, toFieldText } from '../template/fields.js'

/** Makes the body of a request out of a record and the JSON of its fields. */
export type FillBody = (line: Line, values: readonly string[]) => Buffer | undefined

export type PreparedBody = {
  readonly fill: FillBody
  /** What it is, unless a header says so already. */
  readonly contentType: string | undefined
}

const bodyUse = { need: 'the body needs', place: 'a body' }

/** The body is the record, byte for byte. */
export const recordBody: PreparedBody = {
  fill: ({ bytes }) => bytes.subarray(0, bytes.length - 1),
  contentType: 'application/json',
}

export const noBody: PreparedBody = { fill: () => undefined, contentType: undefined }

/**
 * Prepares a body that may hold `{.path}`. In JSON a field is put in as JSON, with its quotes; in a form it is
 * percent-encoded, in other text it is put in as its text. Throws a `RangeError` when it is not what its type says.
 */
export const prepareBody = (
  text: string,
  givenType: string | undefined,
  fields: string[],
  shown = 'The body',
): PreparedBody => {
  if (text === '') return noBody
  const template = compileTemplate(text, fields, shown)
  const type = givenType?.toLowerCase()
  if (type === undefined || /[/+]json\b/.test(type)) {
    checkJson(template)
    return { fill: fillWith(template, json => json), contentType: 'application/json' }
  }
  const toText = (json: string, index: number) => toFieldText(json, fields[index] ?? '', bodyUse)
  const isForm = type.startsWith('application/x-www-form-urlencoded')
  const convert = isForm ? (json: string, index: number) => encodeURIComponent(toText(json, index)) : toText
  return { fill: fillWith(template, convert), contentType: undefined }
}

const fillWith = (template: Template, convert: (json: string, index: number) => string): FillBody => {
  if (template.every(part => typeof part === 'string')) {
    const bytes = Buffer.from(template.join(''))
    return () => bytes
  }
  return (_, values) => {
    const texts = values.map((json, index) => (template.includes(index) ? convert(json, index) : ''))
    return Buffer.from(fillTemplate(template, texts))
  }
}

const checkJson = (template: Template): void => {
  try {
    // A string, so that a field between quotes is found out.
    JSON.parse(template.map(part => (typeof part === 'string' ? part : '""')).join(''))
  } catch {
    throw new RangeError(
      `The body is not JSON; each {.path} becomes a JSON value, so write it without quotes, as in {"name":{.user.name}}; for a body that is not JSON, set its type: -H 'content-type: text/plain'`,
    )
  }
}
