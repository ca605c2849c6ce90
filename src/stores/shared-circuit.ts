import { admit, countRejected, initial, settle } from '../core/breaker.js'
import type { Admission, Breaker } from '../core/breaker-circuit.js'
import { loadState } from '../core/breaker-load.js'
import { adopt, createView, giveBack, merge, takeDelta } from '../core/breaker-merge.js'
import type { BreakerOptions } from '../core/breaker-options.js'
import { stateOf, type Writer } from '../core/breaker-save.js'
import type { Effect } from '../core/breaker-state.js'
import { carryOn, evaluate } from '../core/breaker-trip.js'
import type { Admitted, Circuit, Observe } from '../core/circuit.js'
import type { Cancel, Clock } from '../core/clock.js'
import type { Store } from './store.js'
import { StoreError } from './store-error.js'

export type SharedCircuitOptions = {
  readonly options: BreakerOptions
  readonly store: Store
  readonly writer: Writer
  readonly clock: Clock
  readonly observe: Observe
  /** Told that another process changed the state. */
  readonly follow: (breaker: Breaker) => void
  /** Told what is wrong, in words for the user; each thing once. */
  readonly warn: (message: string) => void
  /** Moves a state aside that is JSON but makes no sense, under its lock; says where it is kept. */
  readonly setAside: () => string
  /** Fail with a StoreError rather than start closed when the state cannot be read. */
  readonly strict: boolean
}

/**
 * A circuit that other processes share. Calls are admitted by a view of it; outcomes gather in the view and are merged into
 * the state every 250 ms, after 20 of them when one has failed, and at once when the view would open.
 */
export const createSharedCircuit = (shared: SharedCircuitOptions): Circuit => {
  const { options, store, writer, clock, observe, follow, strict } = shared
  const view = createView(initial(options, clock.wall()), clock.wall())
  const warned = new Set<string>()
  let listener = () => {}
  let gathered = 0
  let cancelTick: Cancel | undefined
  let looked = -Infinity
  let looking: Promise<void> | undefined
  // Goes up whenever the view follows the state: what was read before is old then.
  let followed = 0
  let last: Promise<unknown> = Promise.resolve()
  let merging: Promise<void> | undefined
  let mergeAgain = false
  let closing = false
  const settling = new Set<Promise<void>>()

  // Times and process numbers differ, the trouble is the same.
  const warnOnce = (message: string, trouble = message.replaceAll(/\d+/g, '0')) => {
    if (!warned.has(trouble)) shared.warn(message)
    warned.add(trouble)
  }

  const read = (value: unknown, now: number, locked: boolean) => {
    if (value === undefined) return { breaker: initial(options, now), effects: [] }
    const loaded = loadState(value, options, now)
    if (loaded.status === 'unreadable' && strict) throw new StoreError('unreadable', loaded.warnings.join('; '))
    // Not damaged text, the store looks after that: a state of sense to somebody, perhaps, but not to us.
    const kept = loaded.status === 'unreadable' && locked ? `; kept as ${shared.setAside()}` : ''
    for (const warning of loaded.warnings) warnOnce(warning + kept)
    return loaded
  }

  type Changed<Result> = {
    readonly breaker: Breaker
    readonly effects: readonly Effect[]
    readonly result: Result
    /** Written even when nothing happened. */
    readonly save: boolean
  }
  type Change<Result> = (breaker: Breaker, now: number) => Changed<Result>

  const takeOver = (breaker: Breaker): void => {
    followed++
    adopt(view, breaker, clock.wall())
  }

  /** Changes the shared state under its lock, one change of this process after the other. */
  const transact = <Result>(change: Change<Result>): Promise<Changed<Result>> => {
    const done = last.then(async () => {
      const changed = await store.update(
        value => {
          const now = clock.wall()
          const found = read(value, now, true)
          const next = change(found.breaker, now)
          const effects = [...found.effects, ...next.effects]
          const durable = effects.some(({ type }) => type === 'transition')
          const saved = next.save || durable
          return {
            ...(saved ? { value: stateOf(next.breaker, writer, now) } : {}),
            durable,
            result: { ...next, effects: saved ? effects : [], save: saved },
          }
        },
        { timeout: lockTimeout },
      )
      looked = clock.now()
      takeOver(changed.breaker)
      if (changed.effects.length > 0) observe(changed.effects, view)
      return changed
    })
    last = done.catch(() => {})
    return done
  }

  /** Makes the same change to what this process knows: the shared state cannot be used. */
  const transactAlone = <Result>(change: Change<Result>): Changed<Result> => {
    const alone: Breaker = { ...view, delta: undefined, counters: { ...view.counters } }
    const changed = change(alone, clock.wall())
    takeOver(changed.breaker)
    if (changed.effects.length > 0) observe(changed.effects, view)
    return changed
  }

  const complain = (error: unknown): StoreError => {
    if (!(error instanceof StoreError)) throw error
    warnOnce(`${error.message}; until then breaker ${options.name} goes by what this process sees`, error.code)
    return error
  }

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
      const delta = takeDelta(view)
      try {
        await transact((breaker, now) => ({
          ...merge(breaker, delta, now, circuit.running),
          result: undefined,
          save: true,
        }))
      } catch (error) {
        complain(error)
        giveBack(view, delta)
        const effects = carryOn(view, clock.wall(), circuit.running)
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

  const tell = (effects: readonly Effect[]): void => {
    const facts = effects.filter(({ type }) => type !== 'merge')
    if (facts.length > 0) observe(facts, view)
    if (facts.length < effects.length) void mergeNow()
  }

  const look = async (): Promise<void> => {
    const before = followed
    try {
      if (!(await store.changed())) return
      const { value } = await store.read()
      const { breaker } = read(value, clock.wall(), false)
      if (before !== followed) return
      const { generation } = view.machine
      takeOver(breaker)
      if (generation !== view.machine.generation) follow(view)
    } catch (error) {
      complain(error)
    } finally {
      looked = clock.now()
      looking = undefined
    }
  }

  const answer = (): Admission => {
    if (view.pass !== undefined) return view.pass
    const admission = admit(view, clock.wall(), circuit.running)
    if (admission.effects.length > 0) tell(admission.effects)
    return admission
  }

  const settleProbe = async ({ generation }: Admitted, until: number, how: Parameters<Circuit['settle']>) => {
    const [, result, duration, failure] = how
    const change: Change<undefined> = (breaker, now) => ({
      breaker,
      effects: settle(breaker, generation, now, result, duration, failure),
      result: undefined,
      save: true,
    })
    for (;;) {
      try {
        await transact(change)
        return listener()
      } catch (error) {
        if (complain(error).code !== 'busy') {
          transactAlone(change)
          return listener()
        }
      }
      // Its lease ends by itself: then the circuit is open again.
      if (closing || clock.wall() >= until) return
      await new Promise<void>(resolve => clock.after(lookEvery, resolve))
    }
  }

  const circuit: Circuit = {
    breaker: view,
    running: 0,
    lookEvery,
    async open() {
      try {
        const { value } = await store.read()
        takeOver(read(value, clock.wall(), false).breaker)
      } catch (error) {
        if (strict && error instanceof StoreError && error.code === 'unreadable') throw error
        complain(error)
      }
      looked = clock.now()
    },
    admit() {
      // A merge sees what the others did as well.
      if (cancelTick !== undefined || merging !== undefined || clock.now() - looked < lookEvery) return answer()
      looking ??= look()
      return looking.then(answer)
    },
    async probe() {
      const delta = takeDelta(view)
      const change: Change<Admission> = (breaker, now) => {
        const merged = merge(breaker, delta, now, circuit.running)
        const admission = admit(merged.breaker, now, circuit.running)
        return { ...merged, effects: [...merged.effects, ...admission.effects], result: admission, save: true }
      }
      try {
        return (await transact(change)).result
      } catch (error) {
        giveBack(view, delta)
        if (complain(error).code !== 'busy') {
          const { generation } = view.machine
          const alone = transactAlone((breaker, now) => {
            const admission = admit(breaker, now, circuit.running)
            return { breaker, effects: admission.effects, result: admission, save: false }
          })
          if (generation !== view.machine.generation) scheduleMerge()
          return alone.result
        }
        // Two must never probe: without the lock, nobody does.
        return { kind: 'wait', until: clock.wall() + lookEvery, effects: [] }
      }
    },
    settle(...how) {
      const [admission, result, duration, failure] = how
      if (admission.kind === 'probe') {
        const running = settleProbe(admission, admission.until, how)
        settling.add(running)
        void running.finally(() => settling.delete(running))
        return
      }
      tell(settle(view, admission.generation, clock.wall(), result, duration, failure))
      gathered++
      // Only failures can open it: good outcomes can wait for their time, and cost nothing at hundreds of calls a second.
      if (gathered >= mergeAfter && (view.delta?.counters.fail ?? 0) > 0) void mergeNow()
      else scheduleMerge()
    },
    evaluate() {
      tell(evaluate(view, clock.wall(), circuit.running))
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

const mergeEvery = 250
const mergeAfter = 20
const lookEvery = 250
const lockTimeout = 2000
