import type { Who } from '../who.js'

/** The rule that changed a circuit's state. */
export type Rule =
  | 'fail_rate'
  | 'slow_rate'
  | 'consecutive'
  | 'throttled'
  | 'probe_due'
  | 'probe_failed'
  | 'probe_slow'
  | 'lease_expired'
  | 'recovered'
  | 'by_hand'
  | 'expired'

/** Why a state changed, with the figures: `value` reached `limit` over `calls` calls, as seen by `by`. */
export type Reason = {
  readonly rule: Rule
  readonly value: number
  readonly limit: number
  readonly calls: number
  readonly by: string
  readonly who?: Who
  /** What a person gave as the reason. */
  readonly why?: string
}

/** A state set by hand: ends by itself at `until`. */
export type Override = {
  readonly state: 'open' | 'closed'
  readonly since: number
  readonly until: number
  readonly why: string
  readonly by: string
  readonly who?: Who
}

/** The right to make the one call of a half-open circuit. `ms`: how long such a one lasts; older versions do not say. */
export type Lease = {
  readonly by: string
  readonly since: number
  readonly until: number
  readonly ms?: number
  readonly who?: Who
}

type Common = {
  /** Goes up with every change of state; the result of a call admitted in another one is late. */
  readonly generation: number
  readonly since: number
  /** When the outage began, if it was reopened since; older versions do not say. */
  readonly began?: number
  /** How often the open time was doubled; of a closed circuit how often it would be if it opened again soon. */
  readonly reopened: number
  /** Why it opened; null once it is closed again. */
  readonly reason: Reason | null
  readonly override: Override | null
}
export type Closed = Common & { readonly state: 'closed' }
/** `asked`: the other side named the time, which may be any. */
export type Open = Common & { readonly state: 'open'; readonly until: number; readonly asked?: true }
export type HalfOpen = Common & {
  readonly state: 'half_open'
  /** Successful probes so far. */
  readonly succeeded: number
  readonly lease: Lease | null
}

/** Where a circuit stands. Wall clock milliseconds. Never changed in place. */
export type Machine = Closed | Open | HalfOpen

export type StateName = Machine['state'] | 'forced_open' | 'forced_closed'

export const nameState = ({ state, override }: Machine): StateName =>
  override === null ? state : override.state === 'open' ? 'forced_open' : 'forced_closed'

/** What the outside should do or say. */
export type Effect =
  | {
      readonly type: 'transition'
      readonly from: StateName
      readonly to: StateName
      readonly at: number
      readonly generation: number
      readonly until: number | null
      readonly reason: Reason
    }
  /** A result of another generation came and was ignored. */
  | { readonly type: 'late'; readonly generation: number; readonly at: number }
  /** The clock was set back: what lasts for a while starts again. */
  | { readonly type: 'clock'; readonly at: number; readonly message: string }
  /** The view of this process would open: merge into the shared state at once. */
  | { readonly type: 'merge'; readonly reason: Reason }

export const noEffects: readonly Effect[] = []

/** When an open circuit may be probed, or a hand-set state ends; null where nothing is waited for. */
export const untilOf = (machine: Machine): number | null => {
  if (machine.override !== null) return machine.override.until
  if (machine.state === 'open') return machine.until
  return machine.state === 'half_open' ? (machine.lease?.until ?? null) : null
}
