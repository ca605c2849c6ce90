import { Failure } from '../../core/failure.js'
import { Refused } from './refused.js'

/** Throws `Refused` when one of the signals is aborted: the attempt that waited is not made and does not count. */
export const refuseIfAborted = (signals: readonly AbortSignal[]): void => {
  const aborted = signals.find(signal => signal.aborted)
  if (aborted === undefined) return
  const { reason } = aborted
  throw new Refused(reason instanceof Failure ? reason : cancelled())
}

const cancelled = () => new Failure('cancelled', 'transient', 'Cancelled before the call was made')
