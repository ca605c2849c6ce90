import type { Cancel, Clock } from '../../core/clock.js'
import { Failure } from '../../core/failure.js'
import { formatDuration } from '../../core/format-duration.js'
import { onAbort } from './on-abort.js'

/** When the attempts of a record must be over. */
export type RecordDeadline = {
  /** Aborted then, or when the run must end. */
  readonly signal: AbortSignal
  /** Milliseconds of the clock. */
  readonly at: number
  readonly cancel: Cancel
}

/** Ends everything about a record after this many milliseconds; 0: never. */
export const startRecordDeadline = (outer: AbortSignal, ms: number, clock: Clock): RecordDeadline => {
  if (ms === 0) return { signal: outer, at: Number.POSITIVE_INFINITY, cancel: doNothing }
  const controller = new AbortController()
  if (outer.aborted) controller.abort(outer.reason)
  const cancelTimer = clock.after(ms, () =>
    controller.abort(
      new Failure('deadline', 'transient', `Not finished within the ${formatDuration(ms)} of --record-deadline`),
    ),
  )
  const cancelAbort = onAbort(outer, () => controller.abort(outer.reason))
  const cancel = () => {
    cancelTimer()
    cancelAbort()
  }
  return { signal: controller.signal, at: clock.now() + ms, cancel }
}

const doNothing = () => {}
