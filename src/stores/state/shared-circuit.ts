import { admit, countRejected, initial, settle, settleSlow } from '../../core/breaker/breaker.js'
import type { Admitted, Circuit } from '../../core/breaker/circuit.js'
import { createView, giveBack, merge, takeDelta } from '../../core/breaker/merge.js'
import type { Admission, Breaker } from '../../core/breaker/model.js'
import { type Effect, noEffects } from '../../core/breaker/state.js'
import { carryOn, evaluate } from '../../core/breaker/trip.js'
import type { Cancel } from '../../core/clock.js'
import { wait } from '../../core/wait.js'
import { StoreError } from '../store-error.js'
import { type CircuitChange, createSharedState, type SharedStateOptions } from './shared-state.js'

/**
 * A circuit that other processes share. Calls are admitted by a view of it; outcomes gather in the view and are merged into
 * the state every 250 ms, after 20 of them when one has failed, and at once when the view would open.
 */
export const createSharedCircuit = (shared: SharedStateOptions): Circuit => {
  const { options, store, clock, observe, strict } = shared
  const view = createView(initial(options, store.wall()), store.wall())
  const state = createSharedState(shared, view)
  let listener = () => {}
  let gathered = 0
  let cancelTick: Cancel | undefined
  let looking: Promise<void> | undefined
  let merging: Promise<void> | undefined
  let mergeAgain = false
  let closing = false
  const settling = new Set<Promise<void>>()

  const mergeNow = (): Promise<void> => {
    mergeAgain = merging !== undefined
    merging ??= mergeAll().finally(() => {
      merging = undefined
    })
    return merging
  }

  const mergeAll = async (): Promise<void> => {
    do {
      mergeAgain = false
      cancelTick?.()
      cancelTick = undefined
      gathered = 0
      const delta = takeDelta(view, store.wall())
      try {
        await state.transact((breaker, now) => ({
          ...merge(breaker, delta, now, circuit.running),
          result: undefined,
          save: true,
        }))
      } catch (error) {
        state.complain(error)
        giveBack(view, delta)
        const effects = carryOn(view, store.wall(), circuit.running)
        if (effects.length > 0) observe(effects, view)
        mergeAgain = false
        if (!closing) scheduleMerge()
      }
    } while (mergeAgain)
    listener()
  }

  const scheduleMerge = (): void => {
    cancelTick ??= clock.after(mergeEvery, () => {
      cancelTick = undefined
      void mergeNow()
    })
  }

  /** A returned promise settles when what must be known to all at once is. */
  const tell = (effects: readonly Effect[]): void | Promise<void> => {
    // A clock set back is a fact once it is stored.
    const facts = effects.filter(({ type }) => type !== 'merge' && type !== 'clock')
    if (facts.length > 0) observe(facts, view)
    if (facts.length < effects.length) return mergeNow()
  }

  const look = async (): Promise<void> => {
    try {
      await state.look()
    } catch (error) {
      state.complain(error)
    } finally {
      looking = undefined
    }
  }

  const answer = (): Admission => {
    if (view.pass !== undefined) return view.pass
    const admission = admit(view, store.wall(), circuit.running)
    if (admission.effects.length > 0) tell(admission.effects)
    return admission
  }

  const settleProbe = async (until: number, act: (breaker: Breaker, now: number) => readonly Effect[]) => {
    const change: CircuitChange<undefined> = (breaker, now) => ({
      breaker,
      effects: act(breaker, now),
      result: undefined,
      save: true,
    })
    for (;;) {
      try {
        await state.transact(change)
        return listener()
      } catch (error) {
        if (state.complain(error).code !== 'busy') {
          state.changeAlone(change)
          return listener()
        }
      }
      // Its lease ends by itself: then the circuit is open again.
      if (closing || store.wall() >= until) return
      await wait(lookEvery, clock)
    }
  }

  const settleInTurn = (admission: Admitted, act: Parameters<typeof settleProbe>[1]): void => {
    const running = settleProbe(admission.kind === 'probe' ? admission.until : 0, act)
    settling.add(running)
    void running.finally(() => settling.delete(running))
  }

  const circuit: Circuit = {
    breaker: view,
    running: 0,
    lookEvery,
    wall: () => store.wall(),
    async open() {
      try {
        return await state.load()
      } catch (error) {
        if (error instanceof StoreError && mustNotStart(error, strict)) throw error
        state.complain(error)
        return noEffects
      }
    },
    admit() {
      // A merge sees what the others did as well.
      if (cancelTick !== undefined || merging !== undefined || clock.now() - state.looked < lookEvery) return answer()
      looking ??= look()
      return looking.then(answer)
    },
    async probe() {
      const delta = takeDelta(view, store.wall())
      const change: CircuitChange<Admission> = (breaker, now) => {
        const merged = merge(breaker, delta, now, circuit.running)
        const admission = admit(merged.breaker, now, circuit.running)
        return { ...merged, effects: [...merged.effects, ...admission.effects], result: admission, save: true }
      }
      try {
        return (await state.transact(change)).result
      } catch (error) {
        giveBack(view, delta)
        if (state.complain(error).code !== 'busy') {
          const { generation } = view.machine
          const alone = state.changeAlone((breaker, now) => {
            const admission = admit(breaker, now, circuit.running)
            return { breaker, effects: admission.effects, result: admission, save: false }
          })
          if (generation !== view.machine.generation) scheduleMerge()
          return alone.result
        }
        // Two must never probe: without the lock, nobody does.
        return { kind: 'wait', until: store.wall() + lookEvery, effects: [] }
      }
    },
    settle(admission, result, duration, failure) {
      const { generation } = admission
      if (admission.kind === 'probe')
        return settleInTurn(admission, (breaker, now) => settle(breaker, generation, now, result, duration, failure))
      const told = tell(settle(view, admission.generation, store.wall(), result, duration, failure))
      gathered++
      // Only failures can open it: good outcomes can wait for their time, and cost nothing at hundreds of calls a second.
      if (gathered >= mergeAfter && (view.delta?.counters.fail ?? 0) > 0) void mergeNow()
      else scheduleMerge()
      return told
    },
    settleSlow(admission) {
      const { generation } = admission
      settleInTurn(admission, (breaker, now) => settleSlow(breaker, generation, now))
    },
    evaluate() {
      void tell(evaluate(view, store.wall(), circuit.running))
    },
    countRejected() {
      countRejected(view)
      scheduleMerge()
    },
    subscribe(callback) {
      listener = callback
    },
    async close() {
      closing = true
      if (cancelTick !== undefined) void mergeNow()
      await Promise.all([merging, ...settling])
    },
  }
  return circuit
}

// Who is not there at the start may have said that the circuit is open: later, what this process knows is enough.
const mustNotStart = ({ code }: StoreError, strict: boolean): boolean =>
  code === 'unreachable' || (strict && ['unreadable', 'foreign', 'newer'].includes(code))

const mergeEvery = 250
const mergeAfter = 20
const lookEvery = 250
