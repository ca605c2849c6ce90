import type { Clock } from '../core/clock.js'
import { Failure } from '../core/failure.js'
import { onAbort } from './on-abort.js'

/** Origins that have asked us to wait. */
export type OriginPauses = {
  /** Nobody calls this origin for so many milliseconds; a longer pause that was asked for before stays. */
  pause(origin: string, ms: number): void
  /** Undefined when the origin may be called now. Rejects with a `Failure` as soon as one of the signals is aborted. */
  wait(origin: string, signals: readonly AbortSignal[]): Promise<void> | undefined
  /** Whether any origin has asked: if not, nobody needs to know where a record goes. */
  readonly some: boolean
}

export const createOriginPauses = (clock: Clock): OriginPauses => {
  const until = new Map<string, number>()
  const left = (origin: string) => Math.max(0, (until.get(origin) ?? 0) - clock.now())

  const wait = (origin: string, signals: readonly AbortSignal[]): Promise<void> | undefined => {
    const ms = left(origin)
    if (ms === 0) {
      until.delete(origin)
      return undefined
    }
    // It may have been prolonged meanwhile.
    return sleep(ms, clock, signals).then(() => wait(origin, signals))
  }

  return {
    pause(origin, ms) {
      if (ms > left(origin)) until.set(origin, clock.now() + ms)
    },
    wait,
    get some() {
      return until.size > 0
    },
  }
}

const sleep = (ms: number, clock: Clock, signals: readonly AbortSignal[]): Promise<void> =>
  new Promise((resolve, reject) => {
    const settle = () => {
      cancelTimer()
      for (const cancel of cancels) cancel()
      const aborted = signals.find(signal => signal.aborted)
      if (aborted === undefined) resolve()
      else reject(aborted.reason instanceof Failure ? aborted.reason : cancelled())
    }
    const cancelTimer = clock.after(ms, settle)
    const cancels = signals.map(signal => onAbort(signal, settle))
    if (signals.some(signal => signal.aborted)) settle()
  })

const cancelled = () => new Failure('cancelled', 'transient', 'Cancelled while the server had asked to wait')
