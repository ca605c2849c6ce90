import { admit, countRejected, initial, refresh, settle } from '../../core/breaker/breaker.js'
import type { Circuit, Observe } from '../../core/breaker/circuit.js'
import type { BreakerOptions } from '../../core/breaker/options.js'
import { type Effect, untilOf } from '../../core/breaker/state.js'
import { evaluate } from '../../core/breaker/trip.js'
import type { Clock } from '../../core/clock.js'

export type MemoryCircuitOptions = {
  readonly options: BreakerOptions
  readonly clock: Clock
  readonly observe: Observe
}

/** A circuit that ends with the process. */
export const createMemoryCircuit = ({ options, clock, observe }: MemoryCircuitOptions): Circuit => {
  const breaker = initial(options, clock.wall())
  let listener = () => {}
  const tell = (effects: readonly Effect[]) => {
    if (effects.length > 0) observe(effects, breaker)
  }
  const circuit: Circuit = {
    breaker,
    running: 0,
    lookEvery: 0,
    async open() {},
    admit() {
      if (breaker.pass !== undefined) return breaker.pass
      const now = clock.wall()
      tell(evaluate(breaker, now, circuit.running))
      if (breaker.call !== undefined) return breaker.call
      tell(refresh(breaker, now))
      const { machine } = breaker
      // Forced closed: calls are made, none counts.
      if (machine.state === 'closed') return admit(breaker, now)
      const until = untilOf(machine)
      return until !== null && now < until ? { kind: 'wait', until, effects: [] } : { kind: 'due', effects: [] }
    },
    async probe() {
      const admission = admit(breaker, clock.wall(), circuit.running)
      tell(admission.effects)
      return admission
    },
    settle({ generation }, result, duration, failure) {
      const { machine } = breaker
      tell(settle(breaker, generation, clock.wall(), result, duration, failure))
      if (machine !== breaker.machine) listener()
    },
    evaluate() {
      tell(evaluate(breaker, clock.wall(), circuit.running))
    },
    countRejected: () => countRejected(breaker),
    subscribe(callback) {
      listener = callback
    },
    async close() {},
  }
  return circuit
}
