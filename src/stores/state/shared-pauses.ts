import type { Clock } from '../../core/clock.js'
import { StoreError } from '../store-error.js'
import type { Store } from './store.js'

/** Until when services want to be left alone, as processes tell each other. */
export type SharedPauses = {
  /** Learns what other processes were asked for; looks at most twice per second. */
  look(): Promise<void>
  /** This process was asked to wait until then, in milliseconds of the wall clock. */
  publish(service: string, until: number): Promise<void>
}

export type SharedPausesOptions = {
  readonly store: Store
  readonly clock: Clock
  /** Notified of each pause that lasts: this many milliseconds more. */
  readonly follow: (service: string, ms: number) => void
  /** Told what is wrong, once: each process goes by what it is told itself then. */
  readonly warn: (message: string) => void
}

const lookEvery = 500

/** A pause is believed for its length and no longer, whatever the clock was set to. */
type Stored = { readonly since: number; readonly until: number }

export const createSharedPauses = ({ store, clock, follow, warn }: SharedPausesOptions): SharedPauses => {
  let looked = Number.NEGATIVE_INFINITY
  let warned = false

  const attempt = async (act: () => Promise<void>): Promise<void> => {
    try {
      await act()
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      // The circuit, which is kept at the same place, tells of that.
      if (error.code === 'unreachable' || error.code === 'exhausted') return
      if (!warned) warn(`${error.message}; until then only pauses that this process was asked for apply`)
      warned = true
    }
  }

  return {
    look: () =>
      attempt(async () => {
        if (clock.now() - looked < lookEvery) return
        looked = clock.now()
        if (!(await store.changed())) return
        const value = await store.read()
        for (const [service, stored] of readPauses(value)) {
          const ms = left(stored, store.wall())
          if (ms > 0) follow(service, ms)
        }
      }),
    publish: (service, given) =>
      attempt(() =>
        store.update(value => {
          const now = store.wall()
          const until = given + now - clock.wall()
          const pauses = new Map([...readPauses(value)].filter(([, stored]) => left(stored, now) > 0))
          const known = pauses.get(service)
          if (known !== undefined && left(known, now) >= until - now) return { result: undefined }
          pauses.set(service, { since: now, until })
          return { value: { v: 1, kind, services: Object.fromEntries(pauses) }, result: undefined }
        }),
      ),
  }
}

/** What a state says it is. */
const kind = 'pauses'

const left = ({ since, until }: Stored, now: number): number =>
  // Since then the clock was set back.
  since > now + 1000 ? until - since : Math.min(until - now, until - since)

const readPauses = (value: unknown): Map<string, Stored> => {
  if (value === undefined) return new Map()
  if (!isObject(value) || value.kind !== kind || !isObject(value.services)) {
    throw new StoreError('foreign', 'The file for pauses has other content and is not changed')
  }
  return new Map(
    Object.entries(value.services).flatMap(([service, stored]) =>
      isObject(stored) && Number.isFinite(stored.since) && Number.isFinite(stored.until)
        ? [[service, { since: Number(stored.since), until: Number(stored.until) }] as const]
        : [],
    ),
  )
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
