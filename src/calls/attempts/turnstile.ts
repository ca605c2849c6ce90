import type { Cancel, Clock } from '../../core/clock.js'
import type { Attempt } from './attempt.js'
import { joinSignals } from './join-signals.js'
import { onAbort } from './on-abort.js'
import { refuseIfAborted } from './refuse-if-aborted.js'

export type TurnstileOptions = {
  readonly clock: Clock
  /** Milliseconds until the first in line may go; 0: now. */
  readonly wait: (attempt: Attempt) => number
  /** Who waits keeps the place among the running calls; without it the place is given up and taken back. */
  readonly keepsSlot?: boolean
  /** Aborted when nothing is waited for any more. */
  readonly stopping: AbortSignal
  /** Called when an attempt begins to wait; returns what is to be called when it does not wait any more. */
  readonly onWait?: (attempt: Attempt) => Cancel
}

/** Lets attempts through one after another, in the order of their records, when a rule says so. */
export type Turnstile = {
  /** Whether it is first in line. */
  isFirst(attempt: Attempt): boolean
  /** Whether it may go now: it is first in line, and the rule allows it. */
  isFree(attempt: Attempt): boolean
  /**
   * Settles when it is this one's turn, which it is until `pass` is called. Rejects with `Refused` when the attempt is ended
   * or nothing is waited for any more.
   */
  turn(attempt: Attempt): Promise<void>
  /** Its turn is over: it has gone, or has gone elsewhere. */
  pass(attempt: Attempt): void
  /** The rule may say something else now. */
  look(): void
  /** How many wait. */
  readonly size: number
}

type Waiter = { readonly attempt: Attempt; readonly go: () => void }

export const createTurnstile = (options: TurnstileOptions): Turnstile => {
  const { clock, wait, keepsSlot = false, stopping, onWait } = options
  const waiting: Waiter[] = []
  let chosen: Attempt | undefined
  let cancelTimer: Cancel = () => {}

  const add = (waiter: Waiter): void => {
    const later = waiting.findLastIndex(({ attempt }) => attempt.order <= waiter.attempt.order)
    waiting.splice(later + 1, 0, waiter)
  }

  const remove = (waiter: Waiter): void => {
    const at = waiting.indexOf(waiter)
    if (at !== -1) waiting.splice(at, 1)
  }

  const look = (): void => {
    cancelTimer()
    const [first] = waiting
    if (chosen !== undefined || first === undefined) return
    const ms = wait(first.attempt)
    if (ms > 0) {
      cancelTimer = clock.after(ms, look)
      return
    }
    waiting.shift()
    chosen = first.attempt
    first.go()
  }

  const isFirst = (attempt: Attempt): boolean => {
    if (chosen !== undefined) return chosen === attempt
    const first = waiting[0]
    return first === undefined || first.attempt.order > attempt.order
  }

  const pass = (attempt: Attempt): void => {
    if (chosen !== attempt) return
    chosen = undefined
    look()
  }

  const stand = (attempt: Attempt, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      let leave: Cancel | undefined
      let waits = true
      const end = () => {
        waits = false
        cancel()
        leave?.()
      }
      const waiter: Waiter = {
        attempt,
        go() {
          end()
          resolve()
        },
      }
      const cancel = onAbort(signal, () => {
        remove(waiter)
        end()
        reject(signal.reason)
        look()
      })
      add(waiter)
      // This may be one too many, and end the run.
      leave = onWait?.(attempt)
      if (waits) look()
      else leave?.()
    })

  return {
    isFirst,
    isFree: attempt => isFirst(attempt) && wait(attempt) === 0,
    async turn(attempt) {
      const signals = [attempt.killing, stopping]
      if (chosen === attempt) chosen = undefined
      if (!keepsSlot) attempt.slot?.release()
      refuseIfAborted(signals)
      const { signal, letGo } = joinSignals(signals)
      try {
        await stand(attempt, signal)
        if (!keepsSlot) await attempt.slot?.acquire(signal)
      } catch (error) {
        pass(attempt)
        refuseIfAborted(signals)
        throw error
      } finally {
        letGo()
      }
    },
    pass,
    look,
    get size() {
      return waiting.length
    },
  }
}
