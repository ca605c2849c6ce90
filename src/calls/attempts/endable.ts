import type { Cancel } from '../../core/clock.js'
import type { CallContext } from '../call.js'
import { onAbort } from './on-abort.js'

/**
 * The context of one attempt that can be ended. Its `AbortSignal` is made only when somebody asks for it: one with a
 * listener costs more than all the rest of a request over a kept-alive connection.
 */
export class Endable implements CallContext {
  private callback: ((reason: unknown) => void) | undefined
  private controller: AbortController | undefined
  private ended = false
  private reason: unknown

  constructor(private readonly outer: Pick<CallContext, 'attempt' | 'id'>) {}

  get attempt(): number {
    return this.outer.attempt
  }

  get id(): string {
    return this.outer.id
  }

  get killing(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController()
      if (this.ended) this.controller.abort(this.reason)
    }
    return this.controller.signal
  }

  onEnd(callback: (reason: unknown) => void): Cancel {
    if (this.ended) callback(this.reason)
    // One call listens at a time: a second one does it the common way.
    else if (this.callback !== undefined) return onAbort(this.killing, () => callback(this.reason))
    else this.callback = callback
    return () => {
      if (this.callback === callback) this.callback = undefined
    }
  }

  end(reason: unknown): void {
    if (this.ended) return
    this.ended = true
    this.reason = reason
    this.controller?.abort(reason)
    this.callback?.(reason)
  }
}
