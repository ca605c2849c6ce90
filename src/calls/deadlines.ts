import type { Cancel, Clock } from '../core/clock.js'

/** Calls back after the same time for everyone, with one timer for all: most are cancelled long before. */
export type Deadlines = (callback: () => void) => Cancel

export const createDeadlines = (ms: number, clock: Clock): Deadlines => {
  // In the order in which they are due.
  const entries = new Set<{ readonly at: number; readonly callback: () => void }>()
  let cancelTimer: Cancel | undefined

  const arm = () => {
    const [first] = entries
    cancelTimer?.()
    cancelTimer = first === undefined ? undefined : clock.after(Math.max(0, first.at - clock.now()), fire)
  }

  const fire = () => {
    const now = clock.now()
    for (const entry of entries) {
      if (entry.at > now) break
      entries.delete(entry)
      entry.callback()
    }
    arm()
  }

  return callback => {
    const entry = { at: clock.now() + ms, callback }
    entries.add(entry)
    if (cancelTimer === undefined) arm()
    return () => {
      if (!entries.delete(entry) || entries.size > 0) return
      // Left alone it would keep the program from ending.
      cancelTimer?.()
      cancelTimer = undefined
    }
  }
}
