import { admit, countRejected, initial, refresh, settle, settleSlow } from '../../core/breaker/breaker.js'
import type { Circuit, Observe } from '../../core/breaker/circuit.js'
import type { BreakerOptions } from '../../core/breaker/options.js'
import { type Effect, noEffects, untilOf } from '../../core/breaker/state.js'
import { evaluate } from '../../core/breaker/trip.js'
import type { Clock } from '../../core/clock.js'

export type MemoryCircuitOptions = {
  readonly options: BreakerOptions
  readonly clock: Clock
  readonly observe: Observe
}

/** A circuit that ends with the process. Its time starts at the wall clock and then cannot be set back. */
export const createMemoryCircuit = ({ options, clock, observe }: MemoryCircuitOptions): Circuit => {
  const offset = clock.wall() - clock.now()
  const wall = () => Math.round(clock.now() + offset)
  const breaker = initial(options, wall())
  let listener = () => {}
  const tell = (effects: readonly Effect[]) => {
    if (effects.length > 0) observe(effects, breaker)
  }
  const circuit: Circuit = {
    breaker,
    running: 0,
    lookEvery: 0,
    wall,
    open: async () => noEffects,
    admit() {
      if (breaker.pass !== undefined) return breaker.pass
      const now = wall()
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
      const admission = admit(breaker, wall(), circuit.running)
      tell(admission.effects)
      return admission
    },
    settle({ generation }, result, duration, failure) {
      const { machine } = breaker
      tell(settle(breaker, generation, wall(), result, duration, failure))
      if (machine !== breaker.machine) listener()
    },
    settleSlow({ generation }) {
      tell(settleSlow(breaker, generation, wall()))
      listener()
    },
    evaluate() {
      tell(evaluate(breaker, wall(), circuit.running))
    },
    countRejected: () => countRejected(breaker),
    subscribe(callback) {
      listener = callback
    },
    async close() {},
  }
  return circuit
}
