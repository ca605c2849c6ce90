import { formatDuration } from '../format-duration.js'
import { formatLocal } from '../format-moment.js'
import type { Who } from '../who.js'
import type { Judgement } from './judge.js'
import type { BreakerOptions } from './options.js'
import {
  type Closed,
  type Effect,
  type HalfOpen,
  type Lease,
  type Machine,
  nameState,
  noEffects,
  type Open,
  type Reason,
  type Rule,
  untilOf,
} from './state.js'

/** The next state and what to do about it. */
export type Step = { readonly machine: Machine; readonly effects: readonly Effect[] }

export const startMachine = (now: number): Closed => ({
  state: 'closed',
  generation: 1,
  since: now,
  reopened: 0,
  reason: null,
  override: null,
})

/**
 * What time alone does: hand-set states end, leases of dead holders expire. Each is believed for its length only: after the
 * clock was set back, by what stands in the state or by when it was `updated`, its time starts again.
 */
export const refreshMachine = (machine: Machine, options: BreakerOptions, now: number, updated = 0): Step => {
  const { override } = machine
  if (isAhead(updated, now) || isAhead(startOf(machine), now)) {
    const again = beginAnew(machine, options, now, Math.max(updated, startOf(machine)) - now)
    if (again !== undefined) return again
  }
  if (override !== null) return now < override.until ? { machine, effects: noEffects } : endOverride(machine, options)
  if (machine.state === 'half_open' && machine.lease !== null && now >= machine.lease.until)
    return expireLease(machine, machine.lease, options)
  return { machine, effects: noEffects }
}

/** Opens. Soon after it was closed its open time grows as at a failed probe, unless it was closed for one full window. */
export const trip = (
  machine: Machine,
  options: BreakerOptions,
  now: number,
  reason: Reason,
  fullWindow: boolean,
): Step => {
  const reopened = fullWindow ? 0 : machine.reopened
  return move(machine, open(machine, options, now, { reopened, reason, retryAfter: 0 }), now, reason)
}

/** Takes the lease for the one probe. The circuit must be due: open with its pause over, or half open without a lease. */
export const takeProbe = (machine: Machine, options: BreakerOptions, now: number): Step => {
  const lease = { by: options.by, since: now, until: now + options.lease, ms: options.lease, ...whoOf(options) }
  if (machine.state === 'half_open') return { machine: { ...machine, lease }, effects: noEffects }
  const { reopened, reason } = machine
  const next = { state: 'half_open', reopened, reason, override: null, succeeded: 0, lease } as const
  return move(machine, next, now, explain('probe_due', options))
}

/** Ends a probe. What says nothing about the other side hands the lease back: one bad record must not keep it open. */
export const settleProbe = (
  machine: HalfOpen,
  options: BreakerOptions,
  now: number,
  result: Judgement | 'slow',
  retryAfter = 0,
): Step => {
  const { reopened } = machine
  const figures = { value: machine.succeeded, limit: options.probes, calls: machine.succeeded + 1 }
  if (result === 'failure' || result === 'slow') {
    const reason = explain(result === 'slow' ? 'probe_slow' : 'probe_failed', options, {
      ...figures,
      ...(result === 'slow' ? { value: options.slow?.limit ?? 0 } : {}),
    })
    return move(machine, open(machine, options, now, { reopened: reopened + 1, reason, retryAfter }), now, reason)
  }
  if (result === 'throttled') {
    const reason = explain('throttled', options, { value: retryAfter, limit: 0, calls: 1 })
    const next = open(machine, options, now, { reopened, reason, retryAfter })
    if (retryAfter <= 0) return move(machine, next, now, reason)
    return move(machine, { ...next, until: now + pause(retryAfter), asked: true }, now, reason)
  }
  if (result !== 'ok') return { machine: { ...machine, lease: null }, effects: noEffects }
  const succeeded = machine.succeeded + 1
  if (succeeded < options.probes) return { machine: { ...machine, succeeded, lease: null }, effects: noEffects }
  const reason = explain('recovered', options, { ...figures, value: succeeded })
  return move(machine, { state: 'closed', reopened: reopened + 1, reason: null, override: null }, now, reason)
}

/** Sets a state by hand until a moment. What was forced open is probed when that ends, never closed by time alone. */
export const forceMachine = (
  machine: Machine,
  options: BreakerOptions,
  now: number,
  state: 'open' | 'closed',
  until: number,
  why: string,
): Step => {
  const reason = { ...explain('by_hand', options), why }
  const override = { state, since: now, until, why, by: options.by, ...whoOf(options) }
  const { reopened } = machine
  return state === 'open'
    ? move(machine, { state, reopened, reason: machine.reason ?? reason, override, until }, now, reason)
    : move(machine, { state, reopened, reason: null, override }, now, reason)
}

/** Closes by hand and forgets how long it was open before. */
export const resetMachine = (machine: Machine, options: BreakerOptions, now: number, why: string): Step =>
  move(machine, { state: 'closed', reopened: 0, reason: null, override: null }, now, {
    ...explain('by_hand', options),
    why,
  })

/** For `gate` and `breaker check`: open while the pause lasts or another one's probe is out. A due probe is not open. */
export const isMachineOpen = (machine: Machine, options: BreakerOptions, now: number, updated = 0): boolean => {
  const current = refreshMachine(machine, options, now, updated).machine
  if (current.state === 'open') return now < current.until
  return current.state === 'half_open' && current.lease !== null && current.lease.by !== options.by
}

/** Milliseconds a circuit stays open that was reopened so often, without jitter. */
const openTime = ({ openFor }: BreakerOptions, reopened: number): number =>
  Math.min(openFor.first * 2 ** reopened, openFor.longest)

type Without<State> = State extends Machine ? Omit<State, 'generation' | 'since' | 'began'> : never

const move = (machine: Machine, next: Without<Machine>, now: number, reason: Reason): Step => {
  const generation = machine.generation + 1
  const moved: Machine = { ...next, generation, since: now, ...beganOf(machine, next) }
  const from = nameState(machine)
  const to = nameState(moved)
  return {
    machine: moved,
    effects: [{ type: 'transition', from, to, at: now, generation, until: untilOf(moved), reason }],
  }
}

/** An outage lasts from when it opened first until it is closed. */
const beganOf = (machine: Machine, { state }: Without<Machine>): { readonly began?: number } =>
  machine.state === 'closed' || state === 'closed' ? {} : { began: machine.began ?? machine.since }

type Opening = { readonly reopened: number; readonly reason: Reason; readonly retryAfter: number }

const open = (machine: Machine, options: BreakerOptions, now: number, opening: Opening): Without<Open> => {
  const { jitter } = options.openFor
  const time = Math.round(openTime(options, opening.reopened) * (1 + jitter * (2 * options.random() - 1)))
  const asked = pause(opening.retryAfter)
  return {
    state: 'open',
    reopened: opening.reopened,
    reason: machine.reason ?? opening.reason,
    override: null,
    until: now + Math.max(time, asked),
    ...(asked > time ? { asked: true } : {}),
  }
}

// Ten years: beyond them a moment cannot be told.
const pause = (retryAfter: number): number => Math.min(retryAfter, 3_650 * 86_400_000)

const endOverride = (machine: Machine, options: BreakerOptions): Step => {
  const end = machine.override?.until ?? machine.since
  return move(machine, { ...machine, override: null }, end, explain('expired', options))
}

// No jitter: every process that finds the dead lease must come to the same moment without writing anything.
const expireLease = (machine: HalfOpen, lease: Lease, options: BreakerOptions): Step => {
  const { reopened } = machine
  const reason = explain('lease_expired', lease, { value: lease.until - lease.since, limit: 0, calls: 1 })
  const until = lease.until + openTime(options, reopened)
  const next = { state: 'open', reopened, reason: machine.reason ?? reason, override: null, until } as const
  return move(machine, next, lease.until, reason)
}

// Two processes do not read the clock at the same moment.
const isAhead = (time: number, now: number): boolean => time > now + 1000

/** When what lasts for a while began. */
const startOf = (machine: Machine): number => {
  if (machine.override !== null) return machine.override.since
  return machine.state === 'half_open' ? (machine.lease?.since ?? machine.since) : machine.since
}

const beginAnew = (machine: Machine, options: BreakerOptions, now: number, back: number): Step | undefined => {
  const { override } = machine
  const since = Math.min(machine.since, now)
  const tell = (what: string, length: number): readonly Effect[] => {
    const message = `The clock went back ${formatDuration(Math.round(back / 1000) * 1000)} at ${formatLocal(now, now)}; ${what} of breaker ${options.name} was cut to ${formatDuration(length < 10_000 ? length : Math.round(length / 1000) * 1000)}`
    return [{ type: 'clock', at: now, message }]
  }
  if (override !== null) {
    const length = override.until - override.since
    const until = now + length
    const forced = { ...machine, since, override: { ...override, since: now, until } }
    const what = `what was set by hand`
    return { machine: forced.state === 'open' ? { ...forced, until } : forced, effects: tell(what, length) }
  }
  if (machine.state === 'open') {
    const length = machine.until - machine.since
    return { machine: { ...machine, since: now, until: now + length }, effects: tell('the pause', length) }
  }
  if (machine.state === 'closed' || machine.lease === null) return undefined
  const { lease } = machine
  const length = lease.until - lease.since
  const again = { ...lease, since: now, until: now + length }
  return { machine: { ...machine, since, lease: again }, effects: tell(`the probe of ${lease.by}`, length) }
}

const explain = (rule: Rule, doer: Doer, figures = { value: 0, limit: 0, calls: 0 }): Reason => ({
  rule,
  ...figures,
  by: doer.by,
  ...whoOf(doer),
})

type Doer = { readonly by: string; readonly who?: Who | undefined }

/** Who it is, for those that are known by more than host and process. */
export const whoOf = ({ who }: Doer): { readonly who?: Who } => (who === undefined ? {} : { who })
