import type { Clock } from '../../core/clock.js'
import { wait } from '../../core/wait.js'
import { joinSignals } from './join-signals.js'
import type { Slot } from './slot.js'

/** Waits without the slot and takes it back as a retry: true. False at once when a signal is aborted: then without the slot. */
export const waitForRetry = async (
  ms: number,
  clock: Clock,
  signals: readonly AbortSignal[],
  slot: Slot | undefined,
): Promise<boolean> => {
  slot?.release()
  if (signals.some(signal => signal.aborted)) return false
  const { signal, letGo } = joinSignals(signals)
  try {
    await wait(ms, clock, signal)
    if (signal.aborted) return false
    await slot?.acquire(signal, true)
    return true
  } catch (error) {
    if (signal.aborted) return false
    throw error
  } finally {
    letGo()
  }
}
