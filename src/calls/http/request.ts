import { Failure } from '../../core/failure.js'
import type { Line } from '../../core/lines.js'
import { createFieldReader } from '../template/fields.js'
import { noBody, type PreparedBody, prepareBody, recordBody } from './body.js'
import { type Header, type HeaderList, prepareHeaders, sendable } from './headers.js'
import { prepareUrl } from './url.js'

/** One request, ready to be sent. */
export type HttpRequest = {
  readonly origin: string
  readonly path: string
  readonly method: string
  readonly headers: HeaderList
  readonly body: Buffer | undefined
}

export type RequestOptions = {
  /** The URL, which may hold `{.path}`. */
  readonly url: string
  /** How the URL is called in messages: without secrets. */
  readonly shownUrl: string
  /** In capitals; POST with a body, else GET. */
  readonly method?: string
  readonly headers: readonly Header[]
  /** The body, which may hold `{.path}`; empty: none. The record unless given, for methods that take one. */
  readonly body?: string
  readonly allowHosts?: readonly string[]
  /** Something is sent that only the right host must see: no record may choose to send it unencrypted. */
  readonly hasSecrets?: boolean
  /** Sends the record's id as `Idempotency-Key`, the same one for each attempt. */
  readonly idempotencyKey: boolean
  readonly multi: boolean
  readonly raw: boolean
  readonly userAgent: string
}

export type PreparedRequest = {
  readonly method: string
  /** The request for a record; its id is read only when it is sent along. Throws a `Failure` for a record that does not fill it. */
  fill(line: Line, of: { readonly id: string }): HttpRequest
  /** Where the request for a record goes first. */
  originOf(line: Line): string
}

/** Prepares the requests of all records. Throws a `RangeError` when they cannot be made. */
export const prepareRequest = (options: RequestOptions): PreparedRequest => {
  const fields: string[] = []
  const { url: text, shownUrl: shown, allowHosts, idempotencyKey } = options
  const url = prepareUrl({ text, shown, allowHosts, fields, hasSecrets: options.hasSecrets === true })
  const contentType = options.headers.find(({ name }) => name.toLowerCase() === 'content-type')?.value
  const { body, method } = chooseBody(options, contentType, fields)
  checkMethod(method)
  const fillHeaders = prepareHeaders(options.headers, defaultHeaders(options, body, url.credentials), fields)
  const read = createFieldReader(fields, { need: 'the request needs', place: 'a request' })
  return {
    method,
    fill(line, of) {
      const values = read(line.bytes)
      const { origin, path } = url.fill(values)
      const headers = fillHeaders(values)
      return {
        origin,
        path,
        method,
        headers: idempotencyKey ? [...headers, 'idempotency-key', checkId(of.id)] : headers,
        body: body.fill(line, values),
      }
    },
    originOf: ({ bytes }) => url.origin ?? url.fill(read(bytes)).origin,
  }
}

const chooseBody = (
  options: RequestOptions,
  contentType: string | undefined,
  fields: string[],
): { readonly body: PreparedBody; readonly method: string } => {
  const { method } = options
  if (options.body !== undefined) {
    const body = prepareBody(options.body, contentType, fields)
    return { body, method: method ?? (body === noBody ? 'GET' : 'POST') }
  }
  if (method !== undefined && withoutBody.has(method)) return { body: noBody, method }
  return { body: recordBody, method: method ?? 'POST' }
}

/** Methods whose body, if any, must be asked for. */
const withoutBody = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS'])

const checkMethod = (method: string): void => {
  if (!/^[A-Z][A-Z-]*$/.test(method) || method === 'CONNECT' || method === 'TRACE') {
    throw new RangeError(
      `${JSON.stringify(method)} is not a method that can be used, expected one like GET, POST or PUT`,
    )
  }
}

const defaultHeaders = (
  { userAgent, multi, raw }: RequestOptions,
  body: PreparedBody,
  credentials: string | undefined,
): Header[] => {
  const accept = raw
    ? '*/*'
    : multi
      ? 'application/x-ndjson, application/json;q=0.9, */*;q=0.1'
      : 'application/json, */*;q=0.1'
  const basic = credentials === undefined ? '' : `Basic ${Buffer.from(credentials).toString('base64')}`
  return [
    { name: 'user-agent', value: userAgent },
    { name: 'accept', value: accept },
    { name: 'accept-encoding', value: 'gzip, deflate, br' },
    { name: 'content-type', value: body.contentType ?? '' },
    { name: 'authorization', value: basic, literal: true },
  ]
}

const checkId = (id: string): string => {
  if (id !== '' && id.trim() === id && sendable.test(id)) return id
  throw new Failure('field', 'input', 'The id of the record cannot be an Idempotency-Key, expected printable ASCII')
}
