import { formatDuration } from '../format-duration.js'
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

/** What time alone does: hand-set states end, leases of dead holders expire, pauses beyond all sense are shortened. */
export const refreshMachine = (machine: Machine, options: BreakerOptions, now: number): Step => {
  const { override } = machine
  if (override !== null) return now < override.until ? { machine, effects: noEffects } : endOverride(machine, options)
  if (machine.state === 'open') return shortenPause(machine, options, now)
  if (machine.state === 'half_open' && machine.lease !== null) {
    const { lease } = machine
    if (now < lease.since - 1000) return shortenLease(machine, lease, now)
    if (now >= lease.until) return expireLease(machine, lease, options)
  }
  return { machine, effects: noEffects }
}

/** Opens. The open time that failed probes have grown stays, unless the circuit was closed for one full window. */
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
  const lease = { by: options.by, since: now, until: now + options.lease }
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
  result: Judgement,
  retryAfter = 0,
): Step => {
  const { reopened } = machine
  const figures = { value: machine.succeeded, limit: options.probes, calls: machine.succeeded + 1 }
  if (result === 'failure') {
    const reason = explain('probe_failed', options, figures)
    return move(machine, open(machine, options, now, { reopened: reopened + 1, reason, retryAfter }), now, reason)
  }
  if (result === 'throttled') {
    const reason = explain('throttled', options, { value: retryAfter, limit: options.maxRetryAfter, calls: 1 })
    const next = open(machine, options, now, { reopened, reason, retryAfter })
    return move(machine, retryAfter > 0 ? { ...next, until: now + pause(options, retryAfter) } : next, now, reason)
  }
  if (result !== 'ok') return { machine: { ...machine, lease: null }, effects: noEffects }
  const succeeded = machine.succeeded + 1
  if (succeeded < options.probes) return { machine: { ...machine, succeeded, lease: null }, effects: noEffects }
  const reason = explain('recovered', options, { ...figures, value: succeeded })
  return move(machine, { state: 'closed', reopened, reason: null, override: null }, now, reason)
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
  const override = { state, since: now, until, why, by: options.by }
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
export const isMachineOpen = (machine: Machine, options: BreakerOptions, now: number): boolean => {
  const current = refreshMachine(machine, options, now).machine
  if (current.state === 'open') return now < current.until
  return current.state === 'half_open' && current.lease !== null && current.lease.by !== options.by
}

/** Milliseconds a circuit stays open that was reopened so often, without jitter. */
const openTime = ({ openFor }: BreakerOptions, reopened: number): number =>
  Math.min(openFor.first * 2 ** reopened, openFor.longest)

type Without<State> = State extends Machine ? Omit<State, 'generation' | 'since'> : never

const move = (machine: Machine, next: Without<Machine>, now: number, reason: Reason): Step => {
  const generation = machine.generation + 1
  const moved: Machine = { ...next, generation, since: now }
  const from = nameState(machine)
  const to = nameState(moved)
  return {
    machine: moved,
    effects: [{ type: 'transition', from, to, at: now, generation, until: untilOf(moved), reason }],
  }
}

type Opening = { readonly reopened: number; readonly reason: Reason; readonly retryAfter: number }

const open = (machine: Machine, options: BreakerOptions, now: number, opening: Opening): Without<Open> => {
  const { jitter } = options.openFor
  const time = openTime(options, opening.reopened) * (1 + jitter * (2 * options.random() - 1))
  return {
    state: 'open',
    reopened: opening.reopened,
    reason: machine.reason ?? opening.reason,
    override: null,
    until: now + Math.max(Math.round(time), pause(options, opening.retryAfter)),
  }
}

const pause = (options: BreakerOptions, retryAfter: number): number => Math.min(retryAfter, options.maxRetryAfter)

const endOverride = (machine: Machine, options: BreakerOptions): Step => {
  const end = machine.override?.until ?? machine.since
  return move(machine, { ...machine, override: null }, end, explain('expired', options))
}

// No jitter: every process that finds the dead lease must come to the same moment without writing anything.
const expireLease = (machine: HalfOpen, lease: Lease, options: BreakerOptions): Step => {
  const { reopened } = machine
  const reason = explain('lease_expired', { by: lease.by }, { value: lease.until - lease.since, limit: 0, calls: 1 })
  const until = lease.until + openTime(options, reopened)
  const next = { state: 'open', reopened, reason: machine.reason ?? reason, override: null, until } as const
  return move(machine, next, lease.until, reason)
}

const shortenPause = (machine: Open, options: BreakerOptions, now: number): Step => {
  const longest = Math.max(2 * options.openFor.longest, options.maxRetryAfter)
  if (machine.until - now <= longest) return { machine, effects: noEffects }
  const time = openTime(options, machine.reopened)
  const message = `Breaker ${options.name} would stay open for ${formatDuration(machine.until - now)}, so the clock was set back: it is probed in ${formatDuration(time)} instead`
  return { machine: { ...machine, until: now + time }, effects: [{ type: 'clock', message }] }
}

const shortenLease = (machine: HalfOpen, lease: Lease, now: number): Step => {
  const time = lease.until - lease.since
  const message = `The probe of ${lease.by} began ${formatDuration(lease.since - now)} from now, so the clock was set back: it may last ${formatDuration(time)} more`
  return {
    machine: { ...machine, lease: { ...lease, since: now, until: now + time } },
    effects: [{ type: 'clock', message }],
  }
}

const explain = (rule: Rule, { by }: { readonly by: string }, figures = { value: 0, limit: 0, calls: 0 }): Reason => ({
  rule,
  ...figures,
  by,
})
