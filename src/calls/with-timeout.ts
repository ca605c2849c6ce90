import type { Cancel, Clock } from '../core/clock.js'
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
    const attempt = new TimedAttempt(context)
    const cancelTimer = clock.after(ms, () => attempt.end(new Failure('timeout', 'transient', message)))
    const cancelAbort = onAbort(context.signal, () => attempt.end(context.signal.reason))
    try {
      return await call(line, attempt)
    } finally {
      cancelTimer()
      cancelAbort()
    }
  }
}

/**
 * A context that ends by itself. Its signal is made when somebody asks: it would cost as much as a fast call. A class,
 * because an object with getters of its own costs ten times as much.
 */
class TimedAttempt implements CallContext {
  readonly #outer: CallContext
  #controller: AbortController | undefined
  #ended: { readonly reason: unknown } | undefined
  #listener: ((reason: unknown) => void) | undefined

  constructor(outer: CallContext) {
    this.#outer = outer
  }

  get attempt(): number {
    return this.#outer.attempt
  }

  get id(): string {
    return this.#outer.id
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#ended !== undefined) this.#controller.abort(this.#ended.reason)
    }
    return this.#controller.signal
  }

  onEnd(callback: (reason: unknown) => void): Cancel {
    if (this.#listener !== undefined) return onAbort(this.signal, () => callback(this.signal.reason))
    this.#listener = callback
    return () => {
      if (this.#listener === callback) this.#listener = undefined
    }
  }

  end(reason: unknown): void {
    if (this.#ended !== undefined) return
    this.#ended = { reason }
    this.#controller?.abort(reason)
    this.#listener?.(reason)
  }
}
