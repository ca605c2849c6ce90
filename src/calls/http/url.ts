import { Failure } from '../../core/failure.js'
import { compileTemplate, fillTemplate, type Template, toFieldText } from '../template/fields.js'
import { isAllowedHost, isAllowedPlainly } from './hosts.js'

/** Where a request goes: `https://api.example.com:8443` and `/orders/7?full=1`. */
export type Address = { readonly origin: string; readonly path: string }

export type PreparedUrl = {
  /** The address for a record, given the JSON of its fields. Throws a `Failure` of kind `field`. */
  fill(values: readonly string[]): Address
  /** Where every request goes; undefined when it depends on the record. */
  readonly origin: string | undefined
  /** `user:password` that stood in the URL. */
  readonly credentials: string | undefined
}

export type UrlOptions = {
  /** The URL, which may hold `{.path}`. */
  readonly text: string
  /** How the URL is called in messages: without secrets. */
  readonly shown: string
  /** Hosts that a record may choose; undefined: none. */
  readonly allowHosts: readonly string[] | undefined
  /** No record may choose `http` but for a host that is allowed with it. */
  readonly hasSecrets: boolean
  /** Paths of the fields that are needed, added to. */
  readonly fields: string[]
}

/** Fields of a URL in words. */
export const urlUse = { need: 'the URL needs', place: 'a URL' }

/**
 * Prepares a URL. Fields are percent-encoded, so that a value stays within its segment or parameter; where they stand for
 * the scheme, host or port, the result must be one of the allowed hosts. Throws a `RangeError` when it cannot be used.
 */
export const prepareUrl = (options: UrlOptions): PreparedUrl => {
  const { text, shown, allowHosts, fields } = options
  const template = compileTemplate(text, fields, `URL ${shown}`)
  const [head] = template
  const isFixed = typeof head === 'string' && (template.length === 1 ? authority : endedAuthority).test(head)
  if (isFixed) return prepareFixed(template, options)
  if (template.every(part => typeof part === 'string')) throw notUrl(shown)
  if (allowHosts === undefined) {
    throw new RangeError(
      `URL ${shown} contains a {.path} in its scheme, host or port, expected it in the path or the query: a record must not choose who gets your requests; --allow-host names hosts it may choose from`,
    )
  }
  if (/\/\/[^/?#]*@/.test(text)) {
    throw new RangeError(`URL ${shown} contains credentials although the record chooses the host; use a header instead`)
  }
  const choosesScheme = !(typeof head === 'string' && /^https?:/i.test(head))
  const isEncrypted = (url: URL) => url.protocol === 'https:' || isAllowedPlainly(url, allowHosts)
  const fill = (values: readonly string[]) => {
    const url = fillFree(template, values, allowHosts, fields)
    if (choosesScheme && options.hasSecrets && !isEncrypted(url)) throw unencrypted(url)
    return { origin: url.origin, path: `${url.pathname}${url.search}` }
  }
  return { fill, origin: undefined, credentials: undefined }
}

const authority = /^https?:\/\/[^/?#\\]/i
const endedAuthority = /^https?:\/\/[^/?#\\]+[/?#\\]/i

const prepareFixed = (template: Template, { shown, allowHosts, fields }: UrlOptions): PreparedUrl => {
  // The parser normalises and encodes what is fixed; fields come back in where their marks stand.
  const mark = findMark(template)
  const url = parse(template.map(part => (typeof part === 'string' ? part : `${mark}${part}z`)).join(''))
  if (url === undefined) throw notUrl(shown)
  if (allowHosts !== undefined && !isAllowedHost(url, allowHosts)) {
    throw new RangeError(`The host of URL ${shown} is not allowed by --allow-host`)
  }
  const pieces = `${url.pathname}${url.search}`.split(new RegExp(`${mark}(\\d+)z`))
  const path: Template = pieces.map((piece, index) => (index % 2 === 0 ? piece : Number(piece)))
  const { origin } = url
  const credentials = readCredentials(url)
  if (path.length === 1) {
    const address = { origin, path: String(path[0]) }
    return { fill: () => address, origin, credentials }
  }
  const query = path.findIndex(part => typeof part === 'string' && part.includes('?'))
  const inPath = path.slice(0, query === -1 ? path.length : query).filter(part => typeof part === 'number')
  return { fill: values => ({ origin, path: fillPath(path, inPath, values, fields) }), origin, credentials }
}

const readCredentials = ({ username, password }: URL): string | undefined => {
  if (username === '' && password === '') return undefined
  try {
    return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  } catch {
    return `${username}:${password}`
  }
}

/** A word that stands nowhere in the text. */
const findMark = (template: Template): string => {
  let mark = 'field'
  while (template.some(part => typeof part === 'string' && part.includes(mark))) mark += 'x'
  return mark
}

const fillPath = (
  path: Template,
  inPath: readonly number[],
  values: readonly string[],
  fields: readonly string[],
): string => {
  for (const index of inPath) {
    // An empty id would make `DELETE /orders/7` the deletion of all orders.
    if (values[index] === '""') {
      throw new Failure(
        'field',
        'input',
        `Field ${fields[index]} is empty, and the path of a URL cannot contain an empty field`,
      )
    }
  }
  const encoded = values.map((json, index) => encodeURIComponent(toFieldText(json, fields[index] ?? '', urlUse)))
  const filled = fillTemplate(path, encoded)
  // Nor must a value climb out of its place.
  if (dotSegment.test(filled.split('?', 1)[0] ?? '')) {
    throw new Failure('field', 'input', 'A field would become a . or .. segment in the path of the URL')
  }
  return filled
}

const dotSegment = /(?:^|\/)(?:\.|%2e){1,2}(?=\/|$)/i

const fillFree = (
  template: Template,
  values: readonly string[],
  allowHosts: readonly string[],
  fields: readonly string[],
): URL => {
  const texts = values.map((json, index) => toFieldText(json, fields[index] ?? '', urlUse))
  // A field at the very start is a URL, or the start of one.
  const text = template
    .map((part, index) =>
      typeof part === 'string' ? part : index === 0 ? texts[part] : encodeURIComponent(texts[part] ?? ''),
    )
    .join('')
  const url = parse(text)
  if (url === undefined)
    throw new Failure('field', 'input', 'The URL from the record does not start with http:// or https://')
  if (url.username !== '' || url.password !== '') {
    throw new Failure('field', 'input', 'The record puts credentials into the URL, which is not allowed')
  }
  if (!isAllowedHost(url, allowHosts)) {
    throw new Failure('field', 'input', `Host ${url.host} is not allowed by --allow-host`)
  }
  return url
}

const unencrypted = ({ host }: URL) =>
  new Failure(
    'field',
    'input',
    `The record chooses http for ${host}, where your credentials would be sent unencrypted; --allow-host http://${host} allows it`,
  )

const parse = (text: string): URL | undefined => {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined
}

const notUrl = (shown: string) =>
  new RangeError(`${shown} is not a URL, expected one like https://api.example.com/orders/{.id}`)
