import type { Clock } from '../core/clock.js'
import { Failure } from '../core/failure.js'
import type { Call, CallContext } from './call.js'
import { formatDuration } from './format-duration.js'
import { onAbort } from './on-abort.js'

/**
 * Ends an attempt that takes longer than so many milliseconds (0: never) with a `Failure` of kind `timeout`. Settles
 * only when the attempt has settled; one that succeeds all the same has succeeded.
 */
export const withTimeout = (call: Call, ms: number, clock: Clock): Call => {
  if (ms === 0) return call
  const message = `No answer within ${formatDuration(ms)}`
  return async (line, context) => {
    if (context.signal.aborted) throw context.signal.reason
    const attempt = startAttempt(context)
    const cancelTimer = clock.after(ms, () => attempt.end(new Failure('timeout', 'transient', message)))
    const cancelAbort = onAbort(context.signal, () => attempt.end(context.signal.reason))
    try {
      return await call(line, attempt.context)
    } finally {
      cancelTimer()
      cancelAbort()
    }
  }
}

/** A context that ends by itself. Its signal is made when somebody asks: it would cost as much as a fast call. */
const startAttempt = (outer: CallContext): { context: CallContext; end(reason: unknown): void } => {
  let controller: AbortController | undefined
  let ended: { readonly reason: unknown } | undefined
  let listener: ((reason: unknown) => void) | undefined
  const context = {
    get signal() {
      if (controller === undefined) {
        controller = new AbortController()
        if (ended !== undefined) controller.abort(ended.reason)
      }
      return controller.signal
    },
    attempt: outer.attempt,
    get id() {
      return outer.id
    },
    onEnd(callback: (reason: unknown) => void) {
      if (listener !== undefined) return onAbort(context.signal, () => callback(context.signal.reason))
      listener = callback
      return () => {
        if (listener === callback) listener = undefined
      }
    },
  }
  return {
    context,
    end(reason) {
      if (ended !== undefined) return
      ended = { reason }
      controller?.abort(reason)
      listener?.(reason)
    },
  }
}
