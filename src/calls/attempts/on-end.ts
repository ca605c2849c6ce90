import type { Cancel } from '../../core/clock.js'
import type { CallContext } from '../call.js'
import { onAbort } from './on-abort.js'

/** Calls back with the reason when an attempt must end, without making a signal for it where that can be avoided. */
export const onEnd = (context: CallContext, callback: (reason: unknown) => void): Cancel => {
  if (context.onEnd !== undefined) return context.onEnd(callback)
  const { killing } = context
  if (killing.aborted) callback(killing.reason)
  return onAbort(killing, () => callback(killing.reason))
}
