import type { Cancel, Clock } from '../../core/clock.js'
import type { Stop } from '../../core/processor.js'
import { stopCodes } from '../../core/stop-codes.js'

/** What holds records up: a pause that a service asked for, or an open circuit. */
export type HoldUp = {
  /** When it is over, in milliseconds of the clock; undefined: that is not known. */
  readonly until: () => number | undefined
  /** Why the run ends when it lasts too long. */
  readonly describe: () => string
  /** Until when on the wall clock, as far as that is told; more may follow then. */
  readonly due: () => number | undefined
  /** What a person is told who asks what the run waits for. */
  readonly tell: () => WaitFacts
}

/** What is waited for, what it is called in short, how it is, what comes when it is due, and why. */
export type WaitFacts = {
  readonly what: string
  readonly name?: string
  readonly state?: string
  readonly next?: string
  readonly why?: string
}

export type PatienceOptions = {
  /** Milliseconds for which records may be held up while no call succeeds; 0: for ever. */
  readonly maxPause: number
  readonly clock: Clock
  /** Ends the run. */
  readonly stop: (reason: Stop) => void
  /** Called when everything is held up, until when as far as that is known, and by what. */
  readonly onHeld?: (until: number | undefined, by: HoldUp) => void
  /** Called when not everything is held up any more. */
  readonly onFree?: () => void
}

/** How long a stage bears being held up without a success: one clock for all that holds it. */
export type Patience = {
  /** A record is in progress until the returned function is called. */
  begin(): Cancel
  /** A call has succeeded. */
  succeed(): void
  /** A record is held up until the returned function is called. */
  hold(by: HoldUp): Cancel
  /** A time has changed. */
  look(): void
}

export const createPatience = ({ maxPause, clock, stop, onHeld, onFree }: PatienceOptions): Patience => {
  const held = new Map<HoldUp, number>()
  let records = 0
  let holding = 0
  // Since when records are held up and nothing succeeds.
  let since: number | undefined
  let isOver = false
  let isHeld = false
  let cancelTimer: Cancel = () => {}

  const end = (): void => {
    isOver = true
    cancelTimer()
    const first = findFirst()
    if (first !== undefined) stop({ exit: stopCodes.temporary, message: first.describe() })
  }

  /** The one that is over first. */
  const findFirst = (): HoldUp | undefined => {
    let first: HoldUp | undefined
    for (const one of held.keys()) {
      if (first === undefined || (one.until() ?? Infinity) < (first.until() ?? Infinity)) first = one
    }
    return first
  }

  const tell = (): void => {
    if (holding === 0 || holding < records) {
      if (isHeld) onFree?.()
      isHeld = false
      return
    }
    isHeld = true
    const first = findFirst()
    if (first !== undefined) onHeld?.(first.until(), first)
  }

  const look = (): void => {
    if (isOver) return
    cancelTimer()
    const limit = maxPause === 0 || since === undefined ? Number.POSITIVE_INFINITY : since + maxPause
    const isBeyond = ({ until }: HoldUp) => (until() ?? 0) > limit
    if (holding > 0 && clock.now() >= limit) return end()
    if (holding > 0 && holding === records && [...held.keys()].every(isBeyond)) return end()
    if (onHeld !== undefined) tell()
    if (holding === 0 || limit === Number.POSITIVE_INFINITY) return
    cancelTimer = clock.after(limit - clock.now(), look)
  }

  return {
    begin() {
      records++
      return () => {
        records--
        if (holding > 0) look()
      }
    },
    succeed() {
      since = holding > 0 ? clock.now() : undefined
      if (holding > 0) look()
    },
    hold(by) {
      holding++
      held.set(by, (held.get(by) ?? 0) + 1)
      since ??= clock.now()
      look()
      return () => {
        holding--
        const left = (held.get(by) ?? 1) - 1
        if (left === 0) held.delete(by)
        else held.set(by, left)
        look()
      }
    },
    look,
  }
}
