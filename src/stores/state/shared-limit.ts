import type { Limit } from '../../core/rules/gcra.js'
import { isSetBack, nothingReserved, type Reserved, reserve } from '../../core/rules/reservation.js'
import type { Store } from './store.js'

/** A rate limit that processes share through a store. Times are wall-clock milliseconds. */
export type SharedLimit = {
  /**
   * Takes up to `wanted` slots of this cost for a key: when each may be used. None when the next is not due yet: `wait` says
   * how many milliseconds to sleep before asking again. Throws a StoreError: a limit is never guessed.
   */
  take(key: string, cost: number, wanted: number): Promise<Taken>
}

export type Taken = {
  readonly slots: readonly number[]
  readonly wait: number
  /** A slot that is not used so many milliseconds after its time lapses; one that was taken when it was due never does. */
  readonly lapse: number
}

export type SharedLimitOptions = {
  readonly store: Store
  readonly limit: Limit
  /** Milliseconds from one record of cost 1 to the next. */
  readonly interval: number
  readonly wall: () => number
  /** How long to wait for the lock, in milliseconds. */
  readonly timeout: number
  /** Keys remembered at most; those with nothing left to wait for leave first. */
  readonly maxKeys: number
  /** True when what was stored was damaged: then nothing may pass until a whole burst is earned. */
  readonly wasDamaged: () => boolean
  /** Told that the clock was set back: what was used up is earned from now on. */
  readonly onSetBack?: () => void
  /** Told that what was stored makes no sense as a limit. */
  readonly onNonsense?: () => void
}

/** Below 20 a second every slot is decided at the moment it is used; above, slots of this many milliseconds are taken at once. */
const block = 100
const slowest = 50

export const createSharedLimit = (options: SharedLimitOptions): SharedLimit => {
  const { store, limit, interval, wall, timeout, maxKeys } = options
  return {
    take: (key, cost, wanted) =>
      store.update(
        value => {
          const now = wall()
          const keys = readKeys(value) ?? (options.wasDamaged() || value !== undefined ? 'damaged' : new Map())
          if (keys === 'damaged' && value !== undefined) options.onNonsense?.()
          const known = keys === 'damaged' ? new Map<string, Reserved>() : keys
          const before = known.get(key) ?? (keys === 'damaged' ? spend(limit, now) : nothingReserved)
          const most = interval >= slowest ? 1 : Math.min(wanted, Math.max(1, Math.floor(block / interval)))
          const slots: number[] = []
          let state = before
          let wait = 0
          while (slots.length < most) {
            const next = reserve(limit, state, now, cost)
            // Only what is due soon is taken: who sleeps long with a slot in hand could use it late.
            if (next.at - now > (interval >= slowest ? 0 : block)) {
              wait = next.at - now
              break
            }
            state = next.state
            slots.push(next.at)
          }
          const lapse = interval >= slowest ? Number.POSITIVE_INFINITY : block
          const result: Taken = { slots, wait: slots.length > 0 ? 0 : wait, lapse }
          const setBack = isSetBack(before, now)
          if (setBack) {
            options.onSetBack?.()
            if (slots.length === 0) state = { seen: now, ahead: before.ahead }
          }
          if (slots.length === 0 && keys !== 'damaged' && !setBack) return { result }
          return { result, value: formatKeys(known.set(key, state), now, maxKeys) }
        },
        { timeout },
      ),
  }
}

/** The state after a whole burst was used at this moment. */
const spend = (limit: Limit, now: number): Reserved => {
  let state: Reserved = { seen: now, ahead: 0 }
  while (limit.wait(state.ahead, 0) === 0) state = { seen: now, ahead: limit.charge(state.ahead, 0) }
  return state
}

const readKeys = (value: unknown): Map<string, Reserved> | undefined => {
  if (typeof value !== 'object' || value === null || !('keys' in value)) return undefined
  const { keys } = value
  if (typeof keys !== 'object' || keys === null) return undefined
  const known = new Map<string, Reserved>()
  for (const [key, pair] of Object.entries(keys)) {
    if (!Array.isArray(pair) || pair.length !== 2 || !pair.every(Number.isFinite)) return undefined
    known.set(key, { seen: pair[0], ahead: pair[1] })
  }
  return known
}

const formatKeys = (known: Map<string, Reserved>, now: number, maxKeys: number) => {
  let entries = [...known]
  if (entries.length > maxKeys) entries = entries.filter(([, { seen, ahead }]) => seen + ahead > now)
  return {
    v: 1,
    keys: Object.fromEntries(entries.slice(-maxKeys).map(([key, { seen, ahead }]) => [key, [seen, ahead]])),
  }
}
