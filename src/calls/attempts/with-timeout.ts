import type { Clock } from '../../core/clock.js'
import { Failure } from '../../core/failure.js'
import { formatDuration } from '../../core/format-duration.js'
import type { Call } from '../call.js'
import { createDeadlines } from './deadlines.js'
import { Endable } from './endable.js'
import { onAbort } from './on-abort.js'

/**
 * Ends an attempt that takes longer than so many milliseconds (0: never) with a `Failure` of kind `timeout`. Settles
 * only when the attempt has settled; one that succeeds all the same has succeeded.
 */
export const withTimeout = (call: Call, ms: number, clock: Clock): Call => {
  if (ms === 0) return call
  const startDeadline = createDeadlines(ms, clock)
  const message = `No answer within ${formatDuration(ms)}`
  return async (line, context) => {
    if (context.killing.aborted) throw context.killing.reason
    const endable = new Endable(context)
    const cancelTimer = startDeadline(() => endable.end(new Failure('timeout', 'transient', message)))
    const cancelAbort = onAbort(context.killing, () => endable.end(context.killing.reason))
    try {
      return await call(line, endable)
    } finally {
      cancelTimer()
      cancelAbort()
    }
  }
}
