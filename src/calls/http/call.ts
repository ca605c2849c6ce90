import type { Call, CallContext } from '../call.js'
import { type OutputShape, readOutput } from '../read-output.js'
import { decodeBody } from './decode.js'
import { exchange, type HttpAnswer } from './exchange.js'
import { createPools, type PoolOptions } from './pools.js'
import { isRedirect, type RedirectRules, redirect } from './redirect.js'
import type { HttpRequest, PreparedRequest } from './request.js'
import { readStatus } from './status.js'

export type HttpOptions = PoolOptions &
  RedirectRules &
  OutputShape & {
    readonly request: PreparedRequest
    /** Bytes of an answer above which it is given up, with and without its content encoding. */
    readonly maxResponse: number
  }

export type HttpCall = {
  readonly call: Call
  /** Ends all connections. */
  close(): Promise<void>
}

/** Sends a request per record: a 2xx answer is the result. */
export const createHttpCall = (options: HttpOptions): HttpCall => {
  const { request: prepared, maxResponse, clock } = options
  const pools = createPools(options)

  /** Sends a request and those its redirects ask for. */
  const send = async (first: HttpRequest, context: CallContext): Promise<HttpAnswer & { readonly origin: string }> => {
    let request = first
    let trusted = true
    for (let followed = 0; ; followed++) {
      const { pool, adapt } = pools.find(request.origin, trusted)
      const answer = await exchange(pool, adapt(request), context, maxResponse)
      if (!isRedirect(answer)) return { ...answer, origin: request.origin }
      request = redirect(request, answer, followed, options)
      trusted &&= request.origin === first.origin
    }
  }

  return {
    async call(line, context) {
      const request = prepared.fill(line, context)
      const { status, headers, body, origin } = await send(request, context)
      const { failure, pause } = readStatus(status, headers, clock.wall())
      context.answered?.(origin, pause)
      if (failure !== undefined) throw failure
      const encoding = headers['content-encoding']
      const decoded = encoding === undefined ? body : await decodeBody(body, encoding, maxResponse)
      return readOutput(dropMark(decoded), options)
    },
    close: pools.close,
  }
}

/** Without the byte order mark that some servers begin with. */
const dropMark = (body: Buffer) => (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body)
