import { type IncomingHttpHeaders, STATUS_CODES } from 'node:http'
import { Failure } from '../../core/failure.js'
import { classOfStatus, maySayWhen } from '../../core/rules/classes.js'
import { readDialects } from './dialects.js'

/** An answer's status and what it says about coming back. */
export type StatusMeaning = {
  /** Undefined for 2xx. The words are ours: a server's may hold anything. */
  readonly failure: Failure | undefined
  /** Milliseconds for which the origin wants no more calls; undefined: none. */
  readonly pause: number | undefined
}

/** What the status of an answer means, with what its headers say about coming back. */
export const readStatus = (status: number, headers: IncomingHttpHeaders, wall: number): StatusMeaning => {
  const told = readDialects(headers, wall, maySayWhen(status))
  const pause = told.wait === undefined || told.wait === 0 ? undefined : told.wait
  if (status >= 200 && status < 300) return { failure: undefined, pause }
  const failureClass = classOfStatus(status, told.wait !== undefined || (status === 403 && told.usedUp))
  const words = STATUS_CODES[status]
  const failure = new Failure('http_status', failureClass, words === undefined ? `${status}` : `${status} ${words}`, {
    status,
    ...(failureClass === 'throttled' && pause !== undefined ? { retryAfter: pause } : {}),
  })
  return { failure, pause }
}
