import type { Thread } from '../../calls/script/threads.js'
import type { Clock } from '../../core/clock.js'
import { Failure } from '../../core/failure.js'
import { formatDuration } from '../../core/format-duration.js'
import { runningTimeOf } from '../../core/running-time.js'

export type WatchOptions = {
  readonly thread: Thread
  readonly clock: Clock
  /** Time limit for one record in milliseconds; 0: no limit. */
  readonly timeout: number
  /** Called now and then while the thread works: results need not wait for the end of the task. */
  readonly progress: () => void
}

export type Watch = {
  /** The thread is not watched any more. */
  stop(): void
  /** Ends the thread, with this reason for the record that runs. */
  end(reason: Failure): void
  /** Why the thread was ended, if it was. */
  reason(): Failure | undefined
}

/** Milliseconds between two looks, at most. */
const maxLook = 50

/**
 * Looks at a working thread now and then. A record that is still the running one after `timeout` milliseconds ends the
 * thread: never sooner, and at most a twentieth (or 50 ms) later, as one timer serves a whole task.
 */
export const createWatch = ({ thread, clock, timeout, progress }: WatchOptions): Watch => {
  const time = runningTimeOf(clock)
  const pause = timeout === 0 ? maxLook : Math.min(maxLook, Math.max(1, timeout / 20))
  let reason: Failure | undefined
  let position = 0
  let since = time.now()
  let cancel = () => {}

  const look = (): void => {
    const now = time.now()
    const reached = thread.position()
    if (reached !== position) {
      position = reached
      since = now
    } else if (timeout > 0 && now - since >= timeout) {
      return end(new Failure('timeout', 'transient', `No answer within ${formatDuration(timeout)}`))
    }
    cancel = time.after(pause, look)
    progress()
  }

  const end = (why: Failure): void => {
    reason ??= why
    cancel()
    void thread.end()
  }

  cancel = time.after(pause, look)
  return { stop: () => cancel(), end, reason: () => reason }
}
