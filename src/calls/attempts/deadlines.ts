import type { Cancel, Clock } from '../../core/clock.js'
import { Queue } from '../../core/queue.js'
import { runningTimeOf } from '../../core/running-time.js'

/**
 * Calls back after the same running time for everyone, from a moment of the clock on, which is about now, with one timer for
 * all: most are cancelled long before.
 */
export type Deadlines = (callback: () => void, now?: number) => Cancel

export const createDeadlines = (ms: number, clock: Clock): Deadlines => {
  const time = runningTimeOf(clock)
  // In the order in which they are due.
  const entries = new Queue<{ readonly at: number; readonly callback: () => void }>()
  let cancelTimer: Cancel | undefined

  const arm = () => {
    const { first } = entries
    cancelTimer?.()
    cancelTimer = first === undefined ? undefined : time.after(Math.max(0, first.at - time.now()), fire)
  }

  const fire = () => {
    const now = time.now()
    while (entries.first !== undefined && entries.first.at <= now) entries.shift()?.callback()
    arm()
  }

  return (callback, now = clock.now()) => {
    const place = entries.add({ at: time.at(now) + ms, callback })
    if (cancelTimer === undefined) arm()
    return () => {
      if (!entries.delete(place) || entries.size > 0) return
      // Left alone it would keep the program from ending.
      cancelTimer?.()
      cancelTimer = undefined
    }
  }
}
