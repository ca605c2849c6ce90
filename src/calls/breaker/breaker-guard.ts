import type { Admitted } from '../../core/breaker/circuit.js'
import { judge } from '../../core/breaker/judge.js'
import type { Cancel, Clock } from '../../core/clock.js'
import { Failure } from '../../core/failure.js'
import type { Line } from '../../core/lines.js'
import type { Guard } from '../attempts/guard.js'
import type { Gate } from './gate.js'

export type BreakerGuardOptions = {
  /** The gate a record has to pass; rejects with `Refused` for a record that has none. */
  readonly gateOf: (line: Line) => Gate | Promise<Gate>
  readonly clock: Clock
  /** What was tried as a probe and failed, but may pass, waits for the circuit and is tried again; without it, it fails. */
  readonly probesReturn: boolean
}

/** Lets a call be made only while its circuit allows it, and tells the circuit how it ended. */
export const createBreakerGuard = ({ gateOf, clock, probesReturn }: BreakerGuardOptions): Guard => {
  return async (line, attempt, others) => {
    const found = gateOf(line)
    const gate = found instanceof Promise ? await found : found
    const { circuit } = gate
    const admission = await gate.enter(line, attempt, others)
    const started = clock.now()
    const stopWatching = watch(gate, clock)
    return error => {
      stopWatching()
      const failure = error instanceof Failure ? error : undefined
      const result = error === undefined ? 'ok' : failure === undefined ? 'cancelled' : judge(failure)
      gate.leave(admission, result)
      const settled = circuit.settle(admission, result, clock.now() - started, failure)
      if (failure === undefined) return undefined
      const decide = () =>
        probesReturn && !attempt.ended && mayPass(admission, failure) && gate.isInnocent(line) ? again : undefined
      // What opens the circuit for all is waited for: the next call must not slip through before.
      return settled instanceof Promise ? settled.then(decide) : decide()
    }
  }
}

const again = { notBefore: Number.NEGATIVE_INFINITY }

// It was sent ahead of its turn to find something out: that must not use up its retries.
const mayPass = ({ kind }: Admitted, { failureClass }: Failure): boolean =>
  kind === 'probe' && (failureClass === 'transient' || failureClass === 'throttled')

/** Counts a call among the slow ones while it is still running. */
const watch = ({ circuit }: Gate, clock: Clock): Cancel => {
  const { slow } = circuit.breaker.options
  if (slow === undefined) return () => {}
  let isSlow = false
  const cancel = clock.after(slow.limit, () => {
    isSlow = true
    circuit.running++
    circuit.evaluate()
  })
  return () => {
    cancel()
    if (isSlow) circuit.running--
  }
}
