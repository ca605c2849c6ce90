import { type Clock, realClock } from '../../core/clock.js'
import { createToken } from '../files/temporary.js'
import type { Store, UpdateOptions } from './store.js'

/** The right to do something alone for a while. It ends by itself, so whoever dies with it strands nobody. */
export type StoreLease = {
  readonly token: string
  /** When it ends, wall clock. */
  readonly until: number
  /** How long it was granted for, milliseconds. */
  readonly ttl: number
}

/** Whether a lease binds others now. One that ends further ahead than it was ever granted for shows a clock set back. */
export const isLeased = (lease: StoreLease | undefined, wall: number): lease is StoreLease =>
  lease !== undefined && wall < lease.until && lease.until - wall <= 2 * lease.ttl

/** A new lease for so many milliseconds, unless there is one: to be put into a state by whoever updates it. */
export const grantLease = (current: StoreLease | undefined, ttl: number, wall: number): StoreLease | undefined =>
  isLeased(current, wall) ? undefined : { token: createToken(), until: wall + ttl, ttl }

/** The same lease for another full time; undefined when it is no longer the one with this token. */
export const prolongLease = (current: StoreLease | undefined, token: string, wall: number): StoreLease | undefined =>
  current?.token === token && isLeased(current, wall) ? { ...current, until: wall + current.ttl } : undefined

/** Reads back a lease that went through JSON. */
export const parseLease = (value: unknown): StoreLease | undefined => {
  if (typeof value !== 'object' || value === null) return undefined
  const { token, until, ttl } = value as Partial<Record<keyof StoreLease, unknown>>
  return typeof token === 'string' && Number.isFinite(until) && Number.isFinite(ttl)
    ? { token, until: Number(until), ttl: Number(ttl) }
    : undefined
}

export type HeldLease = {
  readonly token: string
  /** Another full time from now; false when it was lost: stop what it stood for. */
  renew(): Promise<boolean>
  /** Gives it back, if it is still ours. */
  release(): Promise<void>
}

export type LeaseOptions = UpdateOptions & { readonly clock?: Clock }

/**
 * Takes the lease of this name for `ttl` milliseconds; undefined when somebody has it. Leases are kept in the field
 * `leases` of the store's value, the rest of which is not touched. Fails like `update`.
 */
export const takeLease = async (
  store: Store,
  name: string,
  ttl: number,
  { clock = realClock, ...options }: LeaseOptions = {},
): Promise<HeldLease | undefined> => {
  const change = <R>(
    decide: (current: StoreLease | undefined) => { lease?: StoreLease | null | undefined; result: R },
  ) =>
    store.update(value => {
      const state = asObject(value)
      const leases = asObject(state.leases)
      const { lease, result } = decide(Object.hasOwn(leases, name) ? parseLease(leases[name]) : undefined)
      if (lease === undefined) return { result }
      const { [name]: _, ...others } = leases
      return { value: { ...state, leases: lease === null ? others : { ...others, [name]: lease } }, result }
    }, options)

  const granted = await change(current => {
    const lease = grantLease(current, ttl, clock.wall())
    return { lease, result: lease }
  })
  if (granted === undefined) return undefined
  const { token } = granted
  return {
    token,
    renew: () =>
      change(current => {
        const lease = prolongLease(current, token, clock.wall())
        return { lease, result: lease !== undefined }
      }),
    release: () =>
      change(current => (current?.token === token ? { lease: null, result: undefined } : { result: undefined })),
  }
}

const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {}
