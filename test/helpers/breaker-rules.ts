import { admit, initial, settle } from '../../src/core/breaker/breaker.js'
import type { Breaker } from '../../src/core/breaker/model.js'
import { type BreakerOptions, createBreakerOptions } from '../../src/core/breaker/options.js'
import { nameState } from '../../src/core/breaker/state.js'
import { Failure } from '../../src/core/failure.js'

/** When the tests begin, wall clock in milliseconds. */
export const start = 1_790_000_000_000

/** How a service says that it is down. */
export const down = new Failure('http_status', 'transient', 'Answered 503', { status: 503 })

/** A closed breaker whose jitter is the middle. */
export const create = (given: Partial<BreakerOptions> = {}) =>
  initial(createBreakerOptions({ by: 'host-a:1', random: () => 0.5, ...given }), start)

/** One call that is admitted and ends at once. */
export const call = (breaker: Breaker, now: number, result: 'ok' | 'failure', duration = 10) => {
  const admission = admit(breaker, now)
  if (admission.kind !== 'call' && admission.kind !== 'probe') throw new Error(`Not admitted: ${admission.kind}`)
  return settle(breaker, admission.generation, now, result, duration, result === 'failure' ? down : undefined)
}

/** So many failures. */
export const fail = (breaker: Breaker, times: number, now = start) => {
  for (let count = 0; count < times; count++) call(breaker, now, 'failure')
}

/** A breaker that ten failures have opened. */
export const openNow = (given: Partial<BreakerOptions> = {}) => {
  const breaker = create(given)
  fail(breaker, 10)
  return breaker
}

/** The probe, which must be due. */
export const takeProbe = (breaker: Breaker, now: number) => {
  const admission = admit(breaker, now)
  if (admission.kind !== 'probe') throw new Error(`No probe: ${admission.kind}`)
  return admission
}

/** The name of its state. */
export const stateOf = (breaker: Breaker) => nameState(breaker.machine)
