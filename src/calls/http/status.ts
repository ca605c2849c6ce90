import { type IncomingHttpHeaders, STATUS_CODES } from 'node:http'
import { Failure, type FailureClass } from '../../core/failure.js'
import { readDialects, type Told } from './dialects.js'

/** An answer's status and what it says about coming back. */
export type StatusMeaning = {
  /** Undefined for 2xx. The words are ours: a server's may hold anything. */
  readonly failure: Failure | undefined
  /** Milliseconds for which the origin wants no more calls; undefined: none. */
  readonly pause: number | undefined
}

/** What the status of an answer means, with what its headers say about coming back. */
export const readStatus = (status: number, headers: IncomingHttpHeaders, wall: number): StatusMeaning => {
  const told = readDialects(headers, wall, mayRefuse(status))
  const pause = told.wait === undefined || told.wait === 0 ? undefined : told.wait
  if (status >= 200 && status < 300) return { failure: undefined, pause }
  const failureClass = classOf(status, told)
  const words = STATUS_CODES[status]
  const failure = new Failure('http_status', failureClass, words === undefined ? `${status}` : `${status} ${words}`, {
    status,
    ...(failureClass === 'throttled' && pause !== undefined ? { retryAfter: pause } : {}),
  })
  return { failure, pause }
}

/** Whether answers of this status say no for now when they say when to come back. */
const mayRefuse = (status: number): boolean => status === 429 || status === 403 || status === 413 || isTransient(status)

const isTransient = (status: number): boolean => status >= 500 && status !== 501 && status !== 505

const classOf = (status: number, { wait, usedUp }: Told): FailureClass => {
  if (status === 429 || (mayRefuse(status) && (wait !== undefined || (status === 403 && usedUp)))) return 'throttled'
  return status === 408 || isTransient(status) ? 'transient' : 'permanent'
}
