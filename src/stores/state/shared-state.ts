import { initial } from '../../core/breaker/breaker.js'
import type { Observe } from '../../core/breaker/circuit.js'
import { loadState } from '../../core/breaker/load.js'
import { adopt } from '../../core/breaker/merge.js'
import { type Breaker, become, createBreaker } from '../../core/breaker/model.js'
import type { BreakerOptions } from '../../core/breaker/options.js'
import { stateOf, type Writer } from '../../core/breaker/save.js'
import { type Effect, noEffects } from '../../core/breaker/state.js'
import type { Clock } from '../../core/clock.js'
import { StoreError } from '../store-error.js'
import type { Store } from './store.js'

export type SharedStateOptions = {
  readonly options: BreakerOptions
  readonly store: Store
  readonly writer: Writer
  readonly clock: Clock
  readonly observe: Observe
  /** Called when another process changed the state. */
  readonly follow: (breaker: Breaker) => void
  /** Called with a readable message about a problem; each thing once. */
  readonly warn: (message: string) => void
  /** Moves a state aside that is JSON but makes no sense, under its lock; says where it is kept. */
  readonly setAside: () => string
  /** Fail with a StoreError rather than start closed when the state cannot be read. */
  readonly strict: boolean
}

/** The outcome of a circuit. */
export type ChangedCircuit<Result> = {
  readonly breaker: Breaker
  readonly effects: readonly Effect[]
  readonly result: Result
  /** Written even when nothing happened. */
  readonly save: boolean
}

/** A change of a circuit: does nothing but compute. */
export type CircuitChange<Result> = (breaker: Breaker, now: number) => ChangedCircuit<Result>

/** The state that processes share, followed by the view of this one. */
export type SharedState = {
  /** When it was seen last, milliseconds of the clock. */
  readonly looked: number
  /** Follows what there is, and gives what time has done to it; throws a StoreError when that cannot be used. */
  load(): Promise<readonly Effect[]>
  /** Applies changes of other processes, if there are any. Throws like `load`. */
  look(): Promise<void>
  /** Changes it under its lock, one change of this process after the other. Throws like `load`. */
  transact<Result>(change: CircuitChange<Result>): Promise<ChangedCircuit<Result>>
  /** Makes a change to what this process knows: the shared state cannot be used. */
  changeAlone<Result>(change: CircuitChange<Result>): ChangedCircuit<Result>
  /** Says what is wrong with the state; throws what is no StoreError. */
  complain(error: unknown): StoreError
}

export const createSharedState = (shared: SharedStateOptions, view: Breaker): SharedState => {
  const { options, store, writer, clock, observe, follow, strict } = shared
  const warned = new Set<string>()
  let looked = -Infinity
  // Goes up whenever the view follows the state: what was read before is old then.
  let followed = 0
  let last: Promise<unknown> = Promise.resolve()

  // Times and process numbers differ, the trouble is the same.
  const warnOnce = (message: string, trouble = message.replaceAll(/\d+/g, '0')) => {
    if (!warned.has(trouble)) shared.warn(message)
    warned.add(trouble)
  }

  const read = (value: unknown, now: number, locked: boolean) => {
    if (value === undefined) return { breaker: startAfresh(now), effects: noEffects }
    const loaded = loadState(value, options, now)
    if (loaded.status === 'unreadable' && strict) throw new StoreError('unreadable', loaded.warnings.join('; '))
    // The text is not damaged, the store checks that: it may be a valid state of another program.
    const kept = loaded.status === 'unreadable' && locked ? `; kept as ${shared.setAside()}` : ''
    for (const warning of loaded.warnings) warnOnce(warning + kept)
    return loaded
  }

  /** A state that is not there is closed; one that was removed because it said nothing is as we know it. */
  const startAfresh = (now: number): Breaker => {
    const { machine } = view
    return machine.state === 'closed' && machine.override === null
      ? createBreaker(options, machine)
      : initial(options, now)
  }

  const takeOver = (breaker: Breaker): void => {
    followed++
    adopt(view, breaker, store.wall())
  }

  const transact = <Result>(change: CircuitChange<Result>): Promise<ChangedCircuit<Result>> => {
    const done = last.then(async () => {
      const { changed, found } = await store.update(
        value => {
          const now = store.wall()
          const found = read(value, now, true)
          // A change is made in place.
          const before = { ...found, breaker: { ...found.breaker } }
          const next = change(found.breaker, now)
          const effects = [...found.effects, ...next.effects]
          const durable = effects.some(({ type }) => type === 'transition')
          const saved = next.save || durable
          return {
            ...(saved ? { value: stateOf(next.breaker, writer, now) } : {}),
            durable,
            result: { changed: { ...next, effects: saved ? effects : [], save: saved }, found: before },
          }
        },
        { timeout: lockTimeout },
      )
      looked = clock.now()
      tellOthers(found)
      takeOver(changed.breaker)
      if (changed.effects.length > 0) observe(changed.effects, view)
      return changed
    })
    last = done.catch(() => {})
    return done
  }

  /** What others did since the last look: what time has done since then, or had done by then, is told as ours. */
  const tellOthers = ({ breaker, effects }: Found): void => {
    const { generation } = breaker.machine
    const ours = effects.filter(({ type }) => type === 'transition').length
    if (view.machine.generation < generation - ours || view.machine.generation > generation) follow(breaker)
  }

  /** Follows what was found without a lock. What a clock that was set back made of it is stored, once for all. */
  const followFound = async (found: Found): Promise<void> => {
    if (!found.effects.some(({ type }) => type === 'clock')) return takeOver(found.breaker)
    try {
      await transact(breaker => ({ breaker, effects: noEffects, result: undefined, save: true }))
    } catch (error) {
      complain(error)
      takeOver(found.breaker)
    }
  }

  const changeAlone = <Result>(change: CircuitChange<Result>): ChangedCircuit<Result> => {
    const alone: Breaker = { ...view, delta: undefined, counters: { ...view.counters } }
    const changed = change(alone, store.wall())
    takeOver(changed.breaker)
    if (changed.effects.length > 0) observe(changed.effects, view)
    return changed
  }

  const complain = (error: unknown): StoreError => {
    if (!(error instanceof StoreError)) throw error
    warnOnce(`${error.message}; until then breaker ${options.name} uses only what this process sees`, error.code)
    return error
  }

  return {
    get looked() {
      return looked
    },
    async load() {
      looked = clock.now()
      const value = await store.read()
      const found = read(value, store.wall(), false)
      become(view, found.breaker.machine)
      await followFound(found)
      return found.effects
    },
    async look() {
      const before = followed
      try {
        if (!(await store.changed())) return
        const value = await store.read()
        const found = read(value, store.wall(), false)
        if (before !== followed) return
        tellOthers(found)
        become(view, found.breaker.machine)
        await followFound(found)
      } finally {
        looked = clock.now()
      }
    },
    transact,
    changeAlone,
    complain,
  }
}

type Found = { readonly breaker: Breaker; readonly effects: readonly Effect[] }

const lockTimeout = 2000
