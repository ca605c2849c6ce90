import type { Cancel, Clock } from './clock.js'

/** The time in which this program ran: while it is stopped (SIGSTOP, Ctrl-Z), frozen or starved, none of it passes. */
export type RunningTime = {
  /** Milliseconds since some fixed moment. */
  now(): number
  /** The same for a moment of the clock. */
  at(moment: number): number
  /** Calls back once after this many milliseconds of running, and after a standstill not before what came meanwhile is read. */
  after(ms: number, callback: () => void): Cancel
}

const times = new WeakMap<Clock, RunningTime>()

/** The running time by this clock, one for all who ask: a standstill is seen by a timer that fires late. */
export const runningTimeOf = (clock: Clock): RunningTime => {
  const time = times.get(clock) ?? create(clock)
  times.set(clock, time)
  return time
}

/** A timer that is later than this, in milliseconds, shows a standstill. */
const standstill = 250
/** How often is looked, so that not more than this of a time is taken for standing still. */
const lookEvery = 250
/** A call about to be ended gets at least this many milliseconds to deliver what is in its pipe. */
const least = 100

const create = (clock: Clock): RunningTime => {
  if (clock.isSteady) return { now: clock.now, at: moment => moment, after: clock.after }
  let lost = 0
  let armed = 0
  let cancelLook: Cancel | undefined
  const at = (moment: number) => moment - lost
  const now = () => at(clock.now())

  const notice = (due: number): void => {
    const late = now() - due
    if (late > standstill) lost += late
  }

  const look = (): void => {
    const due = now() + lookEvery
    cancelLook = clock.after(lookEvery, () => {
      notice(due)
      look()
    })
  }

  return {
    now,
    at,
    after(ms, callback) {
      const due = now() + ms
      let known = lost
      let cancelTimer: Cancel = () => {}
      let isOver = false
      const end = () => {
        if (isOver) return
        isOver = true
        cancelTimer()
        armed--
        if (armed > 0) return
        cancelLook?.()
        cancelLook = undefined
      }
      const arm = (rest: number): void => {
        const at = now() + rest
        cancelTimer = clock.after(rest, () => {
          notice(at)
          if (lost > known) {
            known = lost
            return arm(Math.max(due - now(), least))
          }
          end()
          callback()
        })
      }
      armed++
      if (cancelLook === undefined && ms > lookEvery) look()
      arm(ms)
      return end
    },
  }
}
