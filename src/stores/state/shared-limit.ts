import { canonicalOf } from '../../core/json/canonical.js'
import type { Limit } from '../../core/rules/gcra.js'
import { isSetBack, nothingReserved, type Reserved, reserve } from '../../core/rules/reservation.js'
import type { Store } from './store.js'

/** Rate limits that processes share through a store. Times are milliseconds of this process's wall clock. */
export type SharedLimit = {
  /**
   * Decides as many of these, in their order, as can be: each takes a slot of all limits or of none. What must wait ends it,
   * unless `refuses` says that it is not to wait so long. Throws a StoreError: a limit is never guessed.
   */
  take(wanted: readonly WantedSlot[], refuses?: (wait: number) => boolean): Promise<Taken>
  /** What was charged turned out to be so much more, or less, in each limit: counts from the next `take` or `flush` on. */
  correct(key: string, more: readonly number[]): void
  flush(): Promise<void>
}

export type WantedSlot = {
  readonly key: string
  /** Its cost in each limit. */
  readonly costs: readonly number[]
}

/** When a slot may be used, or how long it would have had to wait. */
export type Decision = { readonly at: number } | { readonly wait: number }

export type Taken = {
  readonly decisions: readonly Decision[]
  /** When not all were decided: this many milliseconds to sleep before asking for the next. */
  readonly wait: number
  /** A slot that is not used this many milliseconds after its time lapses; one that was taken when it was due never does. */
  readonly lapse: number
  /** Who has used it lately, the heaviest first. */
  readonly users: readonly LimitUser[]
}

/** What a user of a limit has used of it: slots since when, and when last. */
export type LimitUser = { readonly name: string; readonly slots: number; readonly since: number; readonly last: number }

export type OneLimit = {
  /** Its name in the store. */
  readonly text: string
  readonly limit: Limit
  /** Milliseconds from one record of cost 1 to the next. */
  readonly interval: number
  /** How many of cost 1 may pass at once; 1 unless given. */
  readonly burst?: number | undefined
}

export type SharedLimitOptions = {
  readonly store: Store
  readonly limits: readonly OneLimit[]
  /** The wall clock of this process, by which slots are used: they are counted by that of the store. */
  readonly wall: () => number
  /** How long to wait for the lock, in milliseconds. */
  readonly timeout: number
  /** Who uses it, as the others are told. */
  readonly user?: string | undefined
  /**
   * Up to so many milliseconds are added to each wait, at random: of processes whose clocks agree only nearly, the same one would
   * always be the first. None unless given.
   */
  readonly spread?: number | undefined
  /** Keys remembered at most: those with nothing left to wait for leave first, then those not used for longest. */
  readonly maxKeys: number
  /** True when what was stored was damaged: then nothing may pass until a whole burst is earned. */
  readonly wasDamaged: () => boolean
  /** Called under its lock if what was stored is no state of a limit: it must not be overwritten. */
  readonly onForeign?: () => void
  /** Called when the clock was set back: what was used up is earned from now on. */
  readonly onSetBack?: () => void
}

/** Below 20 a second every slot is decided at the moment it is used; above, slots of this many milliseconds are taken at once. */
const block = 100
const slowest = 50

/** The keys of each limit by its text, those used last at the end. */
type Known = Map<string, Map<string, Reserved>>

export const createSharedLimit = (options: SharedLimitOptions): SharedLimit => {
  const { store, limits, wall, timeout, maxKeys, user, spread = 0 } = options
  const isSlow = limits.some(({ interval }) => interval >= slowest)
  const ahead = isSlow ? 0 : block
  let corrections: { readonly key: string; readonly more: readonly number[] }[] = []

  /** What is stored, and what a key that is not in it has left. */
  const read = (value: unknown, now: number) => {
    const known = value === undefined && !options.wasDamaged() ? new Map() : readLimits(value)
    if (known === undefined && value !== undefined) options.onForeign?.()
    const fresh = limits.map(({ limit }) => (known === undefined ? spend(limit, now) : nothingReserved))
    return { known: (known ?? new Map()) as Known, fresh, isDamaged: known === undefined }
  }

  const findKeys = (known: Known, text: string): Map<string, Reserved> => {
    const found = known.get(text) ?? new Map<string, Reserved>()
    known.set(text, found)
    return found
  }

  const set = (known: Known, index: number, key: string, state: Reserved): void => {
    const keys = findKeys(known, limits[index]?.text ?? '')
    keys.delete(key)
    keys.set(key, state)
  }

  /** After the clock was set back time starts again for what is used up, or none would ever pass: that must be stored. */
  const beginAnew = (known: Known, wanted: readonly WantedSlot[], now: number): boolean => {
    let isChanged = false
    for (const { key } of wanted) {
      for (const [index, { text }] of limits.entries()) {
        const state = known.get(text)?.get(key)
        if (state === undefined || !isSetBack(state, now)) continue
        set(known, index, key, { seen: now, ahead: state.ahead })
        isChanged = true
      }
    }
    if (isChanged) options.onSetBack?.()
    return isChanged
  }

  const applyCorrections = (known: Known, now: number): void => {
    for (const { key, more } of corrections) {
      for (const [index, units] of more.entries()) {
        const { text, limit } = limits[index] as OneLimit
        const state = known.get(text)?.get(key)
        if (state === undefined || units === 0) continue
        const left = Math.max(0, state.ahead - Math.max(0, now - state.seen))
        const charged = limit.charge(0, 0, Math.abs(units))
        set(known, index, key, {
          seen: Math.max(now, state.seen),
          ahead: Math.max(0, units > 0 ? left + charged : left - charged),
        })
      }
    }
  }

  const decide = (known: Known, fresh: readonly Reserved[], { key, costs }: WantedSlot, now: number): Decision => {
    const next = limits.map(({ text, limit }, index) =>
      reserve(limit, known.get(text)?.get(key) ?? (fresh[index] as Reserved), now, costs[index]),
    )
    const at = Math.max(...next.map(one => one.at))
    // Only what is due soon is taken: who sleeps long with a slot in hand could use it late.
    if (at - now > ahead) return { wait: at - now }
    for (const [index, { state }] of next.entries()) set(known, index, key, state)
    return { at }
  }

  const update = (wanted: readonly WantedSlot[], refuses: (wait: number) => boolean): Promise<Taken> =>
    store.update(
      value => {
        const now = store.wall()
        const { known, fresh, isDamaged } = read(value, now)
        const isSet = beginAnew(known, wanted, now)
        applyCorrections(known, now)
        const decisions: Decision[] = []
        let wait = 0
        for (const one of wanted) {
          const decision = decide(known, fresh, one, now)
          if ('wait' in decision && !refuses(decision.wait)) {
            wait = decision.wait + (isSlow ? Math.random() * spread : 0)
            // What a damaged state comes to is kept, or every question would begin it anew.
            if (isDamaged) for (const [index, state] of fresh.entries()) set(known, index, one.key, state)
            break
          }
          decisions.push(decision)
        }
        const slots = decisions.filter(decision => 'at' in decision).length
        const users = addUse(readUsers(value), user, slots, now)
        const result: Taken = { decisions, wait, lapse: isSlow ? Number.POSITIVE_INFINITY : block, users }
        const isChanged = isDamaged || isSet || corrections.length > 0 || decisions.some(decision => 'at' in decision)
        return isChanged
          ? { result, value: { ...formatLimits(known, now, maxKeys), ...describeUse(limits, users) } }
          : { result }
      },
      { timeout },
    )

  /** Another host's clock says the same moment differently. */
  const toOwnTime = (taken: Taken): Taken => {
    const offset = wall() - store.wall()
    if (offset === 0) return taken
    return {
      ...taken,
      decisions: taken.decisions.map(one => ('at' in one ? { at: one.at + offset } : one)),
      users: taken.users.map(user => ({ ...user, since: user.since + offset, last: user.last + offset })),
    }
  }

  return {
    async take(wanted, refuses = () => false) {
      const taken = await update(wanted, refuses)
      corrections = []
      return toOwnTime(taken)
    },
    correct(key, more) {
      corrections.push({ key, more })
    },
    async flush() {
      if (corrections.length > 0) await update([], () => false)
      corrections = []
    },
  }
}

/** What the limit of a throttle with one rate is known by: whatever its rate, the limit of one run is that of the next. */
export const singleRate = 'throttle'

/** The texts of the limits in a value; undefined for what is no state of limits. */
export const readLimitTexts = (value: unknown): readonly string[] | undefined => {
  const known = readLimits(value)
  return known === undefined ? undefined : [...known.keys()]
}

/** What a file of limits says about each of them, and who used it. */
export type KnownLimits = {
  readonly limits: readonly {
    readonly text: string
    /** Milliseconds from one slot to the next, and how many may be used at once; older versions do not say. */
    readonly interval: number | undefined
    readonly burst: number | undefined
    readonly keys: readonly { readonly key: string; readonly seen: number; readonly ahead: number }[]
  }[]
  readonly users: readonly LimitUser[]
}

/** For people: undefined for what is no state of limits. */
export const readLimitFile = (value: unknown): KnownLimits | undefined => {
  const known = readLimits(value)
  if (known === undefined) return undefined
  const { about } = value as { readonly about?: unknown }
  const limits = [...known].map(([text, keys]) => {
    const found = isObject(about) ? (about as Record<string, unknown>)[text] : undefined
    const [interval, burst] = Array.isArray(found) ? found : []
    return {
      text,
      interval: Number.isFinite(interval) ? Number(interval) : undefined,
      burst: Number.isFinite(burst) ? Number(burst) : undefined,
      keys: [...keys].map(([key, state]) => ({ key, ...state })),
    }
  })
  return { limits, users: readUsers(value) }
}

const readUsers = (value: unknown): readonly LimitUser[] => {
  if (!isObject(value) || !('users' in value) || !Array.isArray(value.users)) return []
  return value.users.flatMap((entry: unknown) => {
    if (!Array.isArray(entry)) return []
    const [name, slots, since, last] = entry
    if (typeof name !== 'string' || name.length > 300 || ![slots, since, last].every(Number.isFinite)) return []
    return [{ name, slots: Number(slots), since: Number(since), last: Number(last) }]
  })
}

/** Who has not used it for an hour is forgotten, and who used it least, so that the file stays small. */
const addUse = (
  users: readonly LimitUser[],
  name: string | undefined,
  slots: number,
  now: number,
): readonly LimitUser[] => {
  const recent = users.filter(({ last }) => now - last < 3_600_000)
  const own = recent.find(user => user.name === name)
  const others = recent.filter(user => user !== own)
  const mine =
    name === undefined || slots === 0
      ? own
      : { name, slots: (own?.slots ?? 0) + slots, since: own?.since ?? now, last: now }
  return [...others, ...(mine === undefined ? [] : [mine])]
    .toSorted((one, other) => other.slots - one.slots)
    .slice(0, 10)
}

const describeUse = (limits: readonly OneLimit[], users: readonly LimitUser[]) => ({
  about: Object.fromEntries(limits.map(({ text, interval, burst = 1 }) => [text, [interval, burst]])),
  users: users.map(({ name, slots, since, last }) => [name, slots, since, last]),
})

/** The state after a whole burst was used at this moment. */
const spend = (limit: Limit, now: number): Reserved => {
  let state: Reserved = { seen: now, ahead: 0 }
  while (limit.wait(state.ahead, 0) === 0) state = { seen: now, ahead: limit.charge(state.ahead, 0) }
  return state
}

/** What a state says it is. */
const kind = 'limit'

const readLimits = (value: unknown): Known | undefined => {
  if (typeof value !== 'object' || value === null) return undefined
  if (!('kind' in value)) return readWithoutKind(value)
  if (value.kind !== kind) return undefined
  if (!('limits' in value) || typeof value.limits !== 'object' || value.limits === null) return undefined
  const known: Known = new Map()
  for (const [text, entries] of Object.entries(value.limits)) {
    if (!Array.isArray(entries)) return undefined
    const keys = new Map<string, Reserved>()
    for (const entry of entries) {
      if (!Array.isArray(entry)) return undefined
      const [key, seen, ahead] = entry
      if (typeof key !== 'string' || !Number.isFinite(seen) || !Number.isFinite(ahead)) return undefined
      addKey(keys, key, { seen, ahead })
    }
    known.set(text, keys)
  }
  return known
}

/** As it was written before a state said what kind it is: version, keys and nothing else. */
const readWithoutKind = (value: object): Known | undefined => {
  const { keys, ...others } = value as { readonly keys?: unknown }
  if (Object.keys(others).join() !== 'v' || !isObject(keys)) return undefined
  const known = new Map<string, Reserved>()
  for (const [key, pair] of Object.entries(keys)) {
    if (!Array.isArray(pair) || pair.length !== 2 || !pair.every(ms => Number.isFinite(ms) && ms >= 0)) return undefined
    addKey(known, key, { seen: pair[0], ahead: pair[1] })
  }
  return known.size === 0 ? undefined : new Map([[singleRate, known]])
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Earlier versions took the text of a key as it came: `10`, `10.0` and `{"b":1,"a":2}` are `1e1` and `{"a":2,"b":1}` now. Of two that
 * are one key now the fuller one counts.
 */
const addKey = (keys: Map<string, Reserved>, key: string, state: Reserved): void => {
  const name = key.startsWith('"') ? key : (canonicalOf(key) ?? key)
  const other = keys.get(name)
  keys.delete(name)
  keys.set(name, other !== undefined && other.seen + other.ahead > state.seen + state.ahead ? other : state)
}

/** Limits of which nothing is used up, as they are stored. */
export const formatNoLimits = () => ({ v: 1, kind, limits: {} })

const formatLimits = (known: Known, now: number, maxKeys: number) => ({
  v: 1,
  kind,
  // A list, because an object would put keys that are numbers first.
  limits: Object.fromEntries(
    [...known].map(([text, keys]) => {
      let entries = [...keys]
      if (entries.length > maxKeys) entries = entries.filter(([, { seen, ahead }]) => seen + ahead > now)
      return [text, entries.slice(-maxKeys).map(([key, { seen, ahead }]) => [key, seen, ahead])]
    }),
  ),
})
