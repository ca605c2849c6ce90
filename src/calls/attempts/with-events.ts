import type { Clock } from '../../core/clock.js'
import type { Context } from '../../core/processor.js'
import type { Call } from '../call.js'

/** Puts the duration of each attempt on the event stream, as `call` with `ms`. */
export const withCallEvents = (call: Call, clock: Clock, event: Context['event']): Call => {
  return async (line, context) => {
    const started = clock.now()
    try {
      return await call(line, context)
    } finally {
      event('call', { ms: clock.now() - started })
    }
  }
}
