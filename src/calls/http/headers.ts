import { Failure } from '../../core/failure.js'
import { compileTemplate, fillTemplate, type Template, toFieldText } from '../template/fields.js'

/** A header to send. */
export type Header = {
  readonly name: string
  /** May hold `{.path}` unless it is literal; none is sent when it is empty. */
  readonly value: string
  /** How the value is shown: `env:TOKEN`, `***`; undefined: as it is. */
  readonly shown?: string
  /** Braces are nothing special in it. */
  readonly literal?: boolean
}

/** Names and values in turn, as undici takes them. */
export type HeaderList = readonly string[]

const headerUse = { need: 'a header needs', place: 'a header' }

/**
 * Prepares headers for each record: those given, and the defaults whose name is not among them. Throws a `RangeError` for
 * a header that cannot be sent; what it gives back throws a `Failure` of kind `field`.
 */
export const prepareHeaders = (
  given: readonly Header[],
  defaults: readonly Header[],
  fields: string[],
): ((values: readonly string[]) => HeaderList) => {
  for (const header of given) checkHeader(header)
  const names = new Set(given.map(({ name }) => name.toLowerCase()))
  const sent = [...given, ...defaults.filter(({ name }) => !names.has(name))].filter(({ value }) => value !== '')
  const templates: Template[] = sent.flatMap(({ name, value, literal }) => [
    [name],
    literal ? [value] : compileTemplate(value, fields, `Header ${name}`),
  ])
  if (templates.every(template => template.every(part => typeof part === 'string'))) {
    const fixed = templates.map(template => template.join(''))
    return () => fixed
  }
  return values => templates.map(template => fill(template, values, fields))
}

const fill = (template: Template, values: readonly string[], fields: readonly string[]): string => {
  if (template.length === 1 && typeof template[0] === 'string') return template[0]
  const texts = values.map((json, index) => (template.includes(index) ? readText(json, fields[index] ?? '') : ''))
  return fillTemplate(template, texts)
}

const readText = (json: string, field: string): string => {
  const text = toFieldText(json, field, headerUse)
  if (!sendable.test(text)) {
    throw new Failure(
      'field',
      'input',
      `Field ${field} contains characters that a header cannot contain, expected printable ASCII`,
    )
  }
  return text
}

/** What a header can hold without being read as something else on the way. */
export const sendable = /^[\t\x20-\x7e]*$/

const checkHeader = ({ name, value }: Header): void => {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
    throw new RangeError(`${JSON.stringify(name)} is not the name of a header, expected one such as X-Request-Id`)
  }
  if (reserved.has(name.toLowerCase())) {
    throw new RangeError(`Header ${name} is set by streamz and cannot be changed`)
  }
  if (!sendable.test(value)) {
    throw new RangeError(
      `The value of header ${name} contains characters that a header cannot contain, expected printable ASCII`,
    )
  }
}

const reserved = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
