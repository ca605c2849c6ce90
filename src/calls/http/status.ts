import { type IncomingHttpHeaders, STATUS_CODES } from 'node:http'
import { Failure } from '../../core/failure.js'
import { classOfStatus, maySayWhen } from '../../core/rules/classes.js'
import { readRateLimit, readRetryAfter } from './throttle.js'

/** What a status means: undefined for 2xx. The words are ours: a server's may hold anything. */
export const statusFailure = (status: number, headers: IncomingHttpHeaders, wall: number): Failure | undefined => {
  if (status >= 200 && status < 300) return undefined
  const asked = maySayWhen(status) ? readRetryAfter(headers, wall) : undefined
  const retryAfter = asked ?? (status === 429 ? readRateLimit(headers, wall) : undefined)
  const words = STATUS_CODES[status]
  return new Failure(
    'http_status',
    classOfStatus(status, asked !== undefined),
    words === undefined ? `${status}` : `${status} ${words}`,
    {
      status,
      ...(retryAfter === undefined ? {} : { retryAfter }),
    },
  )
}
