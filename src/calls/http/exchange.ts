import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import type { Cancel } from '../../core/clock.js'
import { onEnd } from '../attempts/on-end.js'
import type { CallContext } from '../call.js'
import { bodyTooLarge } from './answer/decode.js'
import { networkFailure } from './network-failure.js'
import type { HttpRequest } from './request.js'

export type HttpAnswer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Its beginning unless the status is 2xx. */
  readonly body: Buffer
}

export type ExchangeOptions = {
  /** Bytes of an answer above which it is given up. */
  readonly maxResponse: number
  /** Whether the body of a 2xx response is used. */
  readonly isWanted: boolean
  /** The proxy that is sent to. */
  readonly proxy: string | undefined
}

/** How much of an unwanted body is read so that its connection can be used again. */
const maxUnwanted = 64 * 1024

/**
 * Sends one request and reads the answer. Rejects with a `Failure`; when the attempt ends, at once and with its reason,
 * whether the request waits for a connection, for the head or for the rest of the body.
 */
export const exchange = (
  dispatcher: Dispatcher,
  request: HttpRequest,
  context: CallContext,
  { maxResponse, isWanted, proxy }: ExchangeOptions,
): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    let status = 0
    let headers: IncomingHttpHeaders = {}
    let ended: Error | undefined
    let controller: Dispatcher.DispatchController | undefined
    let cancel: Cancel = () => {}

    const succeed = () => {
      cancel()
      resolve({ status, headers, body: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks) })
    }
    const end = (reason: unknown) => {
      ended = reason instanceof Error ? reason : new Error('Ended', { cause: reason })
      cancel()
      reject(reason)
      controller?.abort(ended)
    }
    cancel = onEnd(context, end)
    if (ended !== undefined) return

    const { origin, path, method, body } = request
    dispatcher.dispatch(
      // The deadline is one for the whole exchange and not undici's to keep.
      {
        path,
        method,
        body: body ?? null,
        headers: request.headers as string[], // Only read.
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      {
        onRequestStart(started) {
          // It has waited in vain for a connection, which is good for the next.
          if (ended !== undefined) throw ended
          controller = started
        },
        onResponseStart(_, statusCode, received) {
          // Informational answers come before the real one.
          status = statusCode
          headers = received
        },
        onResponseData(_, chunk) {
          if (ended !== undefined) return
          length += chunk.length
          if (status >= 200 && status < 300) {
            if (!isWanted) return
            if (length > maxResponse) end(bodyTooLarge(maxResponse))
            else chunks.push(chunk)
            return
          }
          chunks.push(chunk)
          if (length > maxUnwanted) {
            succeed()
            controller?.abort(new Error('The rest of the answer is not needed'))
          }
        },
        onResponseEnd: succeed,
        onResponseError(_, error) {
          cancel()
          reject(networkFailure(error, proxy ?? origin, proxy !== undefined))
        },
      },
    )
  })
