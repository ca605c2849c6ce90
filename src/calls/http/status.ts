import { type IncomingHttpHeaders, STATUS_CODES } from 'node:http'
import { Failure, type FailureClass } from '../../core/failure.js'
import { readRateLimit, readRetryAfter } from './throttle.js'

/** What a status means: undefined for 2xx. The words are ours: a server's may hold anything. */
export const statusFailure = (status: number, headers: IncomingHttpHeaders, wall: number): Failure | undefined => {
  if (status >= 200 && status < 300) return undefined
  const asked = status === 429 || status === 503 ? readRetryAfter(headers, wall) : undefined
  const retryAfter = asked ?? (status === 429 ? readRateLimit(headers, wall) : undefined)
  const words = STATUS_CODES[status]
  return new Failure('http_status', classOf(status, asked), words === undefined ? `${status}` : `${status} ${words}`, {
    status,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  })
}

const classOf = (status: number, retryAfter: number | undefined): FailureClass => {
  if (status === 429 || (status === 503 && retryAfter !== undefined)) return 'throttled'
  if (status === 408) return 'transient'
  return status >= 500 && status !== 501 && status !== 505 ? 'transient' : 'permanent'
}
