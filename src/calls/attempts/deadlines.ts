import type { Cancel, Clock } from '../../core/clock.js'
import { Queue } from '../../core/queue.js'

/** Calls back after the same time for everyone, with one timer for all: most are cancelled long before. */
export type Deadlines = (callback: () => void) => Cancel

export const createDeadlines = (ms: number, clock: Clock): Deadlines => {
  // In the order in which they are due.
  const entries = new Queue<{ readonly at: number; readonly callback: () => void }>()
  let cancelTimer: Cancel | undefined

  const arm = () => {
    const { first } = entries
    cancelTimer?.()
    cancelTimer = first === undefined ? undefined : clock.after(Math.max(0, first.at - clock.now()), fire)
  }

  const fire = () => {
    const now = clock.now()
    while (entries.first !== undefined && entries.first.at <= now) entries.shift()?.callback()
    arm()
  }

  return callback => {
    const place = entries.add({ at: clock.now() + ms, callback })
    if (cancelTimer === undefined) arm()
    return () => {
      if (!entries.delete(place) || entries.size > 0) return
      // Left alone it would keep the program from ending.
      cancelTimer?.()
      cancelTimer = undefined
    }
  }
}
