import type { Cancel } from '../../core/clock.js'
import { onAbort } from './on-abort.js'

/**
 * A signal that is aborted with the next of several, and a way to let go of them: the signals of a run outlive a wait by far.
 * One that is aborted already is not heard.
 */
export const joinSignals = (
  signals: readonly AbortSignal[],
  reasonOf = ({ reason }: AbortSignal): unknown => reason,
): { readonly signal: AbortSignal; readonly letGo: Cancel } => {
  const controller = new AbortController()
  const cancels = signals.map(source => onAbort(source, () => controller.abort(reasonOf(source))))
  return {
    signal: controller.signal,
    letGo() {
      for (const cancel of cancels) cancel()
    },
  }
}
