import type { Clock } from '../../core/clock.js'
import type { SlotUser } from '../../core/rules/describe-users.js'
import { wait } from '../../core/wait.js'
import type { Attempt } from './attempt.js'
import { joinSignals } from './join-signals.js'
import { onAbort } from './on-abort.js'
import { type CallRate, type Rates, readCosts } from './rates.js'
import { refuseIfAborted } from './refuse-if-aborted.js'

/** Slots of limits that other processes use too; times are those of the wall clock. */
export type SlotSource = {
  /** When the calls with these costs may be made, for as many as can be said now; `wait`: ask again for the others then. */
  take(wanted: readonly { readonly key: string; readonly costs: readonly number[] }[]): Promise<{
    readonly decisions: readonly ({ readonly at: number } | { readonly wait: number })[]
    readonly wait: number
    /** Who has used the limits lately, if nothing is left for now. */
    readonly users?: readonly SlotUser[] | undefined
  }>
  /** A call has cost so much more, or less, than was taken for it; one that was not made costs nothing. */
  correct(key: string, more: readonly number[]): void
}

export type SharedRatesOptions = {
  readonly rates: readonly CallRate[]
  readonly clock: Clock
  readonly stopping: AbortSignal
  readonly source: SlotSource
  /** Called when calls start to wait for a slot, which takes `ms` milliseconds; `onGo` when the wait is over. */
  readonly onWait: (ms: number, users: readonly SlotUser[]) => void
  readonly onGo: () => void
  /** Ends the run, because slots cannot be taken. */
  readonly onError: (error: unknown) => void
}

/**
 * Milliseconds after which a slot in hand is given back and asked for anew: calls that a pause held up would all go at once. The
 * others lose nothing by it, and one call an hour is not lost because this process was not given the processor for a moment.
 */
const lapse = 100

/** Maximum number of calls to take slots for in one turn. */
const largestTurn = 256

type Waiter = { readonly attempt: Attempt; readonly go: () => void }

/** Rates that several processes keep together. */
export const createSharedRates = ({
  rates,
  clock,
  stopping,
  source,
  onWait,
  onGo,
  onError,
}: SharedRatesOptions): Rates => {
  const waiting: Waiter[] = []
  let asking = false

  /** Milliseconds until its slot may be used; undefined: it has none. */
  const waitOf = (attempt: Attempt): number | undefined => {
    if (attempt.dueAt === undefined) return undefined
    const ms = attempt.dueAt - clock.wall()
    if (ms >= -lapse) return Math.max(0, ms)
    giveBack(attempt)
    return undefined
  }

  const giveBack = (attempt: Attempt): void => {
    if (attempt.dueAt === undefined) return
    attempt.dueAt = undefined
    source.correct(
      '',
      (attempt.costs ?? []).map(cost => -cost),
    )
  }

  const ask = async (): Promise<void> => {
    if (asking) return
    asking = true
    try {
      while (waiting.length > 0) {
        const turn = waiting.slice(0, largestTurn)
        const taken = await source.take(turn.map(({ attempt }) => ({ key: '', costs: attempt.costs ?? [] })))
        for (const [index, decision] of taken.decisions.entries()) {
          const waiter = turn[index] as Waiter
          if ('at' in decision) waiter.attempt.dueAt = decision.at
          remove(waiter)
          waiter.go()
        }
        if (taken.decisions.length === turn.length) continue
        // Shorter ones are how a rate is kept.
        const isLong = taken.wait >= 1000
        if (isLong) onWait(taken.wait, taken.users ?? [])
        await wait(taken.wait, clock, stopping)
        // What a run waited for when it was stopped is said at its end.
        if (isLong && !stopping.aborted) onGo()
      }
    } catch (error) {
      onError(error)
    } finally {
      asking = false
    }
  }

  const remove = (waiter: Waiter): void => {
    const at = waiting.indexOf(waiter)
    if (at !== -1) waiting.splice(at, 1)
  }

  const stand = (attempt: Attempt, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const waiter: Waiter = {
        attempt,
        go() {
          cancel()
          resolve()
        },
      }
      const cancel = onAbort(signal, () => {
        remove(waiter)
        reject(signal.reason)
      })
      const later = waiting.findLastIndex(other => other.attempt.order <= attempt.order)
      waiting.splice(later + 1, 0, waiter)
      void ask()
    })

  return {
    isFree(line, attempt) {
      attempt.costs ??= readCosts(rates, line)
      return waitOf(attempt) === 0
    },
    async turn(line, attempt) {
      attempt.costs ??= readCosts(rates, line)
      const signals = [attempt.killing, stopping]
      refuseIfAborted(signals)
      const { signal, letGo } = joinSignals(signals)
      try {
        if (waitOf(attempt) === undefined) await stand(attempt, signal)
        await wait(waitOf(attempt) ?? 0, clock, signal)
        refuseIfAborted(signals)
      } catch (error) {
        giveBack(attempt)
        refuseIfAborted(signals)
        throw error
      } finally {
        letGo()
      }
    },
    take(_, attempt) {
      if (waitOf(attempt) !== 0) return false
      attempt.dueAt = undefined
      return true
    },
    pass() {},
    settle({ costs }, answer) {
      if (answer === undefined || costs === undefined) return
      const more = rates.map(({ settledBy }, index) => {
        const actual = settledBy?.(answer)
        return actual === undefined ? 0 : actual - (costs[index] ?? 0)
      })
      if (more.some(units => units !== 0)) source.correct('', more)
    },
  }
}
