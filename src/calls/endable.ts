import type { Cancel } from '../core/clock.js'
import type { CallContext } from './call.js'

/**
 * The context of one attempt, which can be ended. Its `AbortSignal` is made only when somebody asks for it: one with a
 * listener costs more than all the rest of a request over a kept-alive connection.
 */
export type EndableContext = CallContext & Required<Pick<CallContext, 'onEnd'>> & { end(reason: unknown): void }

export const createEndable = ({ attempt, id }: Pick<CallContext, 'attempt' | 'id'>): EndableContext => {
  const callbacks = new Set<(reason: unknown) => void>()
  let controller: AbortController | undefined
  let ended: { readonly reason: unknown } | undefined
  return {
    attempt,
    id,
    get signal() {
      if (controller === undefined) {
        controller = new AbortController()
        if (ended !== undefined) controller.abort(ended.reason)
      }
      return controller.signal
    },
    onEnd(callback): Cancel {
      if (ended !== undefined) callback(ended.reason)
      else callbacks.add(callback)
      return () => callbacks.delete(callback)
    },
    end(reason) {
      if (ended !== undefined) return
      ended = { reason }
      controller?.abort(reason)
      for (const callback of [...callbacks]) callback(reason)
      callbacks.clear()
    },
  }
}
