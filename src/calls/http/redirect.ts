import { Failure } from '../../core/failure.js'
import type { HttpAnswer } from './exchange.js'
import { isAllowedHost } from './hosts.js'
import type { HttpRequest } from './request.js'

export type RedirectRules = {
  /** Maximum number of redirects to follow for one request. */
  readonly follow: number
  /** Hosts that may be gone to; undefined: any. */
  readonly allowHosts: readonly string[] | undefined
}

export const isRedirect = ({ status, headers }: HttpAnswer): boolean =>
  (status === 301 || status === 302 || status === 303 || status === 307 || status === 308) &&
  headers.location !== undefined

/**
 * The request to send for a redirect (RFC 9110, section 15.4); `followed` counts the redirects before it. Headers set by the user
 * are not sent to another origin. Throws a `Failure` when the redirect is not followed.
 */
export const redirect = (
  request: HttpRequest,
  answer: HttpAnswer,
  followed: number,
  { follow, allowHosts }: RedirectRules,
): HttpRequest => {
  const { status, headers } = answer
  const refuse = (why: string) => new Failure('http_status', 'permanent', `${status} redirect ${why}`, { status })
  const target = resolve(headers.location ?? '', request)
  if (target === undefined) throw refuse('to something that is not an http:// or https:// URL, not followed')
  if (follow === 0) throw refuse(`to ${target.origin} not followed; -L 5 follows up to five`)
  if (followed >= follow) throw refuse(`not followed after ${follow} others; -L sets how many`)
  if (request.origin.startsWith('https:') && target.protocol === 'http:') {
    throw refuse(`from https to ${target.origin} not followed: it would be sent unencrypted`)
  }
  if (allowHosts !== undefined && !isAllowedHost(target, allowHosts)) {
    throw refuse(`to ${target.origin} not followed: --allow-host does not allow it`)
  }
  const toGet = request.method !== 'HEAD' && (status === 303 || (status <= 302 && request.method === 'POST'))
  const kept = target.origin === request.origin ? () => true : staysOnLeaving
  const keptHeaders = filterHeaders(request.headers, name => kept(name) && !(toGet && name === 'content-type'))
  return {
    origin: target.origin,
    path: `${target.pathname}${target.search}`,
    method: toGet ? 'GET' : request.method,
    headers: keptHeaders,
    body: toGet ? undefined : request.body,
  }
}

const resolve = (location: string, { origin, path }: HttpRequest): URL | undefined => {
  if (!URL.canParse(location, `${origin}${path}`)) return undefined
  const url = new URL(location, `${origin}${path}`)
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined
}

/** Any other may be a credential, whatever its name. */
const staysOnLeaving = (name: string) => harmless.has(name)
const harmless = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'content-language',
  'content-type',
  'idempotency-key',
  'user-agent',
])

const filterHeaders = (headers: readonly string[], stays: (name: string) => boolean): string[] =>
  headers.filter((_, index) => stays((headers[index - (index % 2)] ?? '').toLowerCase()))
