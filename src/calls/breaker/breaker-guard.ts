import { isOpenedBySlow } from '../../core/breaker/breaker.js'
import type { Admitted } from '../../core/breaker/circuit.js'
import { type Counting, judge } from '../../core/breaker/judge.js'
import type { Clock } from '../../core/clock.js'
import { Failure } from '../../core/failure.js'
import type { Line } from '../../core/lines.js'
import { type RunningTime, runningTimeOf } from '../../core/running-time.js'
import type { Guard } from '../attempts/guard.js'
import type { Gate } from './gate.js'

export type BreakerGuardOptions = {
  /** The gate a record has to pass; rejects with `Refused` for a record that has none. */
  readonly gateOf: (line: Line) => Gate | Promise<Gate>
  readonly clock: Clock
  /** What was tried as a probe and failed, but may pass, waits for the circuit and is tried again; without it, it fails. */
  readonly probesReturn: boolean
  /** What counts besides the usual, and what not. */
  readonly counting?: Counting
}

/** Lets a call be made only while its circuit allows it, and tells the circuit how it ended. */
export const createBreakerGuard = ({ gateOf, clock, probesReturn, counting }: BreakerGuardOptions): Guard => {
  const time = runningTimeOf(clock)
  return async (line, attempt, others) => {
    const found = gateOf(line)
    const gate = found instanceof Promise ? await found : found
    const { circuit } = gate
    const admission = await gate.enter(line, attempt, others)
    const started = time.now()
    const stopWatching = watch(gate, time, admission)
    return error => {
      const isJudged = stopWatching()
      const failure = error instanceof Failure ? error : undefined
      const result = error === undefined ? 'ok' : failure === undefined ? 'cancelled' : judge(failure, counting)
      gate.leave(admission, result)
      const settled = isJudged ? undefined : circuit.settle(admission, result, time.now() - started, failure)
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

/**
 * Counts a call among the slow ones while it is still running; for a probe that may be the result. To be called when it is
 * over: true when it needs no other result.
 */
const watch = ({ circuit }: Gate, time: RunningTime, admission: Admitted): (() => boolean) => {
  const { breaker } = circuit
  const { slow } = breaker.options
  if (slow === undefined) return () => false
  let isSlow = false
  let isJudged = false
  const cancel = time.after(slow.limit, () => {
    isSlow = true
    circuit.running++
    isJudged = admission.kind === 'probe' && isOpenedBySlow(breaker)
    if (isJudged) circuit.settleSlow(admission)
    else circuit.evaluate()
  })
  return () => {
    cancel()
    if (isSlow) circuit.running--
    return isJudged
  }
}
