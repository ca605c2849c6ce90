import type { ExecutionContext } from 'ava'
import { createAttempts } from '../../src/calls/attempts/create-attempts.js'
import { GaveUp } from '../../src/calls/attempts/gave-up.js'
import { createHttpCall, type HttpOptions } from '../../src/calls/http/call.js'
import { prepareRequest, type RequestOptions } from '../../src/calls/http/request.js'
import { type Clock, realClock } from '../../src/core/clock.js'
import type { Failure } from '../../src/core/failure.js'

type Options = Partial<RequestOptions> &
  Partial<Omit<HttpOptions, 'request'>> & {
    readonly timeout?: number
    readonly retries?: number
    readonly clock?: Clock
    readonly signal?: AbortSignal
    readonly record?: string
    readonly id?: string
  }

/** Sends the request for one record with all its tries, waiting no time between them. */
export const request = async (t: ExecutionContext, url: string, options: Options = {}): Promise<string[]> => {
  const { call, close } = createCall(url, options)
  t.teardown(close)
  const { timeout = 0, retries = 0, clock = realClock, record = '{"id":7}', id = 'id-1' } = options
  const retried = createAttempts(call, {
    timeout,
    retries,
    backoff: () => 0,
    recordDeadline: 0,
    clock,
  })
  const line = { bytes: Buffer.from(`${record}\n`), number: 1, file: undefined }
  const signal = options.signal ?? new AbortController().signal
  const lines = await retried(line, { killing: signal, id })
  return lines.map(String)
}

/** The requests of all records, plain unless said otherwise. */
export const prepare = (url: string, options: Partial<RequestOptions> = {}) =>
  prepareRequest({
    url,
    shownUrl: url,
    headers: [],
    idempotencyKey: false,
    multi: false,
    raw: false,
    userAgent: 'test',
    ...options,
  })

/** One attempt at a time, and its connections. */
export const createCall = (url: string, options: Options = {}) => {
  const prepared = prepare(url, options)
  const clock = options.clock ?? realClock
  return createHttpCall({
    connections: 4,
    connectTimeout: 10_000,
    clock,
    tls: {},
    chooseProxy: () => undefined,
    follow: 0,
    allowHosts: undefined,
    maxResponse: 16 * 1024 * 1024,
    multi: false,
    raw: false,
    mask: text => text,
    ...options,
    request: prepared,
  })
}

/** Why a record was given up, and after how many attempts. */
export const refusal = async (running: Promise<unknown>) => {
  try {
    await running
  } catch (error) {
    if (!(error instanceof GaveUp)) throw error
    const { kind, failureClass, message, facts }: Failure = error.failure
    return { kind, failureClass, message, facts, attempts: error.attempts.attempts }
  }
  throw new Error('The request succeeded, expected a failure')
}
