import { addFacts, Failure } from '../../core/failure.js'
import type { Call, CallContext } from '../call.js'
import { type OutputShape, readOutput } from '../read-output.js'
import { decodeBody } from './answer/decode.js'
import { answerFacts } from './answer/evidence.js'
import { exchange, type HttpAnswer } from './exchange.js'
import type { Mask } from './mask.js'
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
    /** Takes secrets out of what an answer says, before a failure keeps it. */
    readonly mask: Mask
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
  const send = async (first: HttpRequest, context: CallContext): Promise<Answered> => {
    let request = first
    let trusted = true
    for (let followed = 0; ; followed++) {
      const { pool, adapt, proxy } = pools.find(request.origin, trusted)
      const exchanged = { maxResponse, isWanted: options.pass !== true, proxy }
      const answer = await exchange(pool, adapt(request), context, exchanged)
      if (!isRedirect(answer)) return { answer, method: request.method, origin: request.origin }
      try {
        request = redirect(request, answer, followed, options)
      } catch (error) {
        throw await explain(error, answer)
      }
      trusted &&= request.origin === first.origin
    }
  }

  const explain = async (error: unknown, answer: HttpAnswer): Promise<unknown> =>
    error instanceof Failure ? addFacts(error, await answerFacts(answer, options.mask)) : error

  return {
    async call(line, context) {
      const request = prepared.fill(line, context)
      const { answer, method, origin } = await send(request, context)
      const { status, headers, body } = answer
      const { failure, pause } = readStatus(status, headers, clock.wall())
      context.answered?.(origin, pause)
      if (failure !== undefined) throw await explain(failure, answer)
      try {
        if (!options.raw && hasNoContent(status, method)) return options.multi ? [] : [Buffer.from('null\n')]
        const encoding = headers['content-encoding']
        const decoded = encoding === undefined ? body : await decodeBody(body, encoding, maxResponse)
        return readOutput(dropMark(decoded), options)
      } catch (error) {
        throw await explain(error, answer)
      }
    },
    close: pools.close,
  }
}

type Answered = { readonly answer: HttpAnswer; readonly method: string; readonly origin: string }

/** What says itself that nothing follows (RFC 9110, sections 9.3.2, 15.3.5 and 15.3.6). */
const hasNoContent = (status: number, method: string) => status === 204 || status === 205 || method === 'HEAD'

/** Without the byte order mark that some servers begin with. */
const dropMark = (body: Buffer) => (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body)
