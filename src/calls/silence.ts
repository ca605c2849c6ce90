import type { Cancel, Clock } from '../core/clock.js'

export type SilenceOptions = {
  readonly clock: Clock
  /** Milliseconds without an answer that are worth a word: before the first answer, and after it. */
  readonly first: number
  readonly later: number
  /** Called when calls are running and none was answered for `ms` milliseconds. */
  readonly onQuiet: (ms: number, calls: Calls) => void
  /** Called at the first answer after that. */
  readonly onAnswer: () => void
}

export type Calls = { readonly running: number; readonly haveAnswered: boolean }

/** Notices that calls are running and none is answered. Times are those of the clock. */
export type Silence = {
  /** `count` calls start now (1). */
  begin(now: number, count?: number): void
  /** `count` calls ended (1); a call that was given up was not answered. */
  end(now: number, isAnswered: boolean, count?: number): void
  close(): void
}

/** Calls back once for each time without an answer. At most one timer for all calls, and none for each. */
export const createSilence = ({ clock, first, later, onQuiet, onAnswer }: SilenceOptions): Silence => {
  let running = 0
  let haveAnswered = false
  // When the last answer came, or the first call began that got none.
  let since = 0
  let isOwed = false
  let endedAt = 0
  let isTold = false
  let cancel: Cancel | undefined

  const limit = () => (haveAnswered ? later : first)

  const look = () => {
    cancel = undefined
    if (running === 0 || isTold) return
    const quiet = clock.now() - since
    if (quiet < limit()) return arm(limit() - quiet)
    isTold = true
    onQuiet(quiet, { running, haveAnswered })
  }

  const arm = (ms: number) => {
    cancel = clock.after(ms, look)
  }

  return {
    begin(now, count = 1) {
      // After calls that were given up the time goes on, but not while there was nothing to do.
      if (running === 0 && !(isOwed && now - endedAt < first)) since = now
      running += count
      if (cancel === undefined && !isTold) arm(Math.max(0, since + limit() - now))
    },
    end(now, isAnswered, count = 1) {
      running -= count
      endedAt = now
      isOwed = !isAnswered
      if (!isAnswered) return
      since = now
      haveAnswered = true
      if (!isTold) return
      isTold = false
      onAnswer()
      if (running > 0 && cancel === undefined) arm(limit())
    },
    close() {
      isTold = true
      cancel?.()
      cancel = undefined
    },
  }
}
