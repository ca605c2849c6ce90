import type { Clock } from '../core/clock.js'
import { wait } from '../core/wait.js'
import { onAbort } from './on-abort.js'

/** The place among the running calls that a record gives up while it waits. */
export type Slot = {
  release(): void
  /** Settles when there is room again. Rejects at once when the signal is aborted, and then holds no place. */
  acquire(signal: AbortSignal): Promise<void>
}

/** Waits without the slot and takes it back: true. False at once when a signal is aborted: then without the slot. */
export const waitForRetry = async (
  ms: number,
  clock: Clock,
  signals: readonly AbortSignal[],
  slot: Slot | undefined,
): Promise<boolean> => {
  slot?.release()
  if (signals.some(signal => signal.aborted)) return false
  const waiting = new AbortController()
  const cancels = signals.map(signal => onAbort(signal, () => waiting.abort(signal.reason)))
  try {
    await wait(ms, clock, waiting.signal)
    if (waiting.signal.aborted) return false
    await slot?.acquire(waiting.signal)
    return true
  } catch (error) {
    if (waiting.signal.aborted) return false
    throw error
  } finally {
    for (const cancel of cancels) cancel()
  }
}
