import { formatDuration } from '../format-duration.js'
import * as machines from './machine.js'
import type { Breaker } from './model.js'
import { type BreakerConfig, configOf } from './options.js'
import { lastError, type SeenError } from './seen-errors.js'
import { type Machine, nameState, type Override, type Reason, type StateName, untilOf } from './state.js'
import { judged } from './window.js'

/** A circuit for people and programs, as of one moment. Wall clock milliseconds. */
export type Description = {
  readonly name: string
  readonly state: StateName
  /** Whether a call would be made to wait. */
  readonly open: boolean
  readonly since: number
  readonly until: number | null
  readonly generation: number
  readonly reopened: number
  readonly reason: Reason | null
  readonly override: Override | null
  /** When the next probe may be made; null while closed. */
  readonly probeDue: number | null
  /** Successful probes so far, how many close it, and who is probing. */
  readonly probe: { readonly ok: number; readonly need: number; readonly by: string | null }
  readonly window: { readonly calls: number; readonly failed: number; readonly slow: number }
  /** Failures in a row up to now. */
  readonly streak: number
  /** The settings by which it changed its state last, else those of its window. */
  readonly settings: BreakerConfig
  readonly counters: Readonly<Breaker['counters']>
  readonly errors: readonly SeenError[]
  readonly lastError: SeenError | null
  /** The same in sentences, without a full stop. */
  readonly sentences: readonly string[]
}

/** Tells the whole story of a circuit: state, since when, why with figures, who, the last error, the next probe. */
export const describe = (breaker: Breaker, now: number): Description => {
  const { machine } = machines.refreshMachine(breaker.machine, breaker.options, now, breaker.updated)
  const window = judged(breaker.window)
  const facts = {
    name: breaker.options.name,
    state: nameState(machine),
    open: machines.isMachineOpen(machine, breaker.options, now),
    since: machine.since,
    until: untilOf(machine),
    generation: machine.generation,
    reopened: machine.reopened,
    reason: machine.reason,
    override: machine.override,
    probeDue: machine.state === 'closed' ? null : Math.max(now, untilOf(machine) ?? now),
    probe: {
      ok: machine.state === 'half_open' ? machine.succeeded : 0,
      need: breaker.options.probes,
      by: machine.state === 'half_open' ? (machine.lease?.by ?? null) : null,
    },
    window: { calls: window.calls, failed: window.failed, slow: window.slow },
    streak: breaker.streak,
    settings: breaker.settings ?? breaker.foreign?.config ?? configOf(breaker.options),
    counters: countersOf(breaker),
    errors: breaker.errors.map(error => ({ ...error })),
    lastError: lastError(breaker.errors) ?? null,
  }
  return { ...facts, sentences: sentencesOf(facts, machine, now) }
}

/** Why a circuit changed its state, with the figures, as part of a sentence. */
export const reasonText = ({ rule, value, limit, calls, why }: Reason): string => {
  switch (rule) {
    case 'fail_rate':
      return `${percent(value)} of ${calls} calls failed (limit ${percent(limit)})`
    case 'slow_rate':
      return `${percent(value)} of ${calls} calls were slow (limit ${percent(limit)})`
    case 'consecutive':
      return `${value === 1 ? '1 call' : `${value} calls in a row`} failed (limit ${limit})`
    case 'throttled':
      return value > 0
        ? `the service asked for ${formatDuration(value)} without calls`
        : 'the service asked for a pause'
    case 'probe_due':
      return 'the pause is over'
    case 'probe_failed':
      return `a probe failed after ${value} of ${limit} successes`
    case 'probe_slow':
      return `a probe took longer than ${formatDuration(value)}`
    case 'lease_expired':
      return `a probe gave no answer within ${formatDuration(value)}`
    case 'recovered':
      return value === 1 ? '1 probe succeeded' : `${value} probes in a row succeeded`
    case 'by_hand':
      return why ? `by hand: ${why}` : 'by hand'
    case 'expired':
      return 'the manual override has ended'
  }
}

const sentencesOf = (facts: Omit<Description, 'sentences'>, machine: Machine, now: number): readonly string[] => {
  const { name, state, since, reason, override, lastError: error, window, probe } = facts
  const sentences = [`Breaker ${name} has been ${state.replace('_', ' ')} since ${moment(since, now)}`]
  if (override !== null)
    sentences.push(
      `Set by hand by ${override.by} until ${moment(override.until, now)}${override.why ? `: ${override.why}` : ''}`,
    )
  else if (reason?.rule === 'by_hand') sentences.push(`It was set ${reasonText(reason)}, by ${reason.by}`)
  else if (reason !== null) sentences.push(`It opened because ${reasonText(reason)}, seen by ${reason.by}`)
  if (machine.state === 'closed')
    sentences.push(
      window.calls === 0
        ? 'No recent calls are known'
        : `Of the last ${window.calls} calls ${window.failed} failed and ${window.slow} were slow`,
    )
  if (machine.state !== 'closed' && machine.reopened > 0)
    sentences.push(`Its pause was doubled ${machine.reopened === 1 ? 'once' : `${machine.reopened} times`}`)
  if (error !== null)
    sentences.push(
      `The last error was ${[error.kind, error.status ?? error.exit].filter(part => part !== undefined).join(' ')} at ${moment(error.time, now)}, seen ${error.n === 1 ? 'once' : `${error.n} times`}: ${error.message}`,
    )
  if (machine.state === 'half_open') sentences.push(`${probe.ok} of ${probe.need} probes have succeeded`)
  if (probe.by !== null)
    sentences.push(`A probe by ${probe.by} is running until ${moment(facts.until ?? now, now)} at the latest`)
  else if (facts.probeDue !== null)
    sentences.push(
      facts.probeDue <= now ? 'The next probe is due' : `The next probe is due at ${moment(facts.probeDue, now)}`,
    )
  return sentences
}

const countersOf = ({ counters, delta }: Breaker): Breaker['counters'] => ({
  ok: counters.ok + (delta?.counters.ok ?? 0),
  fail: counters.fail + (delta?.counters.fail ?? 0),
  rejected: counters.rejected + (delta?.counters.rejected ?? 0),
  late: counters.late + (delta?.counters.late ?? 0),
})

const moment = (time: number, now: number): string => {
  const seconds = Math.round(Math.abs(time - now) / 1000) * 1000
  const distance = time > now ? `in ${formatDuration(seconds)}` : `${formatDuration(seconds)} ago`
  return `${iso(time)} (${distance})`
}

const iso = (time: number): string => {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString()
}

const percent = (share: number): string => `${Math.round(share * 100)}%`
