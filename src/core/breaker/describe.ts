import { formatDuration } from '../format-duration.js'
import { formatLocal } from '../format-moment.js'
import { nameWho, type Who } from '../who.js'
import * as machines from './machine.js'
import type { Breaker } from './model.js'
import { type BreakerConfig, configOf } from './options.js'
import { causeOf, lastError, type SeenError } from './seen-errors.js'
import {
  type Effect,
  type Lease,
  type Machine,
  nameState,
  type Override,
  type Reason,
  type StateName,
  untilOf,
} from './state.js'
import { judged } from './window.js'

/** A circuit for people and programs, as of one moment. Wall clock milliseconds. */
export type Description = {
  readonly name: string
  readonly state: StateName
  /** Whether a call would be made to wait. */
  readonly open: boolean
  readonly since: number
  /** When it opened first in this outage; `since` while closed. */
  readonly began: number
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
  /** What time has done to it, or a clock that was set back: causes that come before its own. */
  readonly causes: readonly string[]
  /** The same in sentences, without a full stop. */
  readonly sentences: readonly string[]
}

/**
 * Tells the whole story of a circuit: state, since when, why with figures, who, the last error, the next probe. `loaded`: what time
 * has done to it since its file was written.
 */
export const describe = (
  breaker: Breaker,
  now: number,
  hasEnded: HasEnded = () => false,
  loaded: readonly Effect[] = [],
): Description => {
  const { machine, effects } = machines.refreshMachine(breaker.machine, breaker.options, now, breaker.updated)
  const window = judged(breaker.window)
  const facts = {
    name: breaker.options.name,
    state: nameState(machine),
    open: machines.isMachineOpen(machine, breaker.options, now),
    since: machine.since,
    began: machine.began ?? machine.since,
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
  const lease = machine.state === 'half_open' ? machine.lease : null
  const causes = [...loaded, ...effects].flatMap(effect => describeEffect(effect, hasEnded))
  return { ...facts, causes, sentences: sentencesOf({ ...facts, causes, lease, hasEnded }, machine, now) }
}

/** Whether a process is known to have ended. */
export type HasEnded = (by: string, who: Who | undefined) => boolean

const describeEffect = (effect: Effect, hasEnded: HasEnded): readonly string[] => {
  // It goes on after `open since 02:04: `.
  if (effect.type === 'clock') return [effect.message.replace(/^T/, 't')]
  if (effect.type !== 'transition' || effect.reason.rule !== 'lease_expired') return []
  return [describeDeadProbe(effect.reason, hasEnded)]
}

/** `a probe of h:4711 gave no answer within 35s (that process has ended); it is probed again`. */
export const describeDeadProbe = (reason: Reason, hasEnded: HasEnded): string => {
  const { by, who, value } = reason
  const ended = hasEnded(by, who) ? ' (that process has ended)' : ''
  return `a probe of ${nameWho(by, who)} gave no answer in ${formatDuration(value)}${ended}; it is probed again`
}

/** Why a circuit changed its state, with the figures, as part of a sentence; `terms` in the place of its limit. */
export const reasonText = ({ rule, value, limit, calls, why }: Reason, terms?: string): string => {
  switch (rule) {
    case 'fail_rate':
      return `${percent(value)} of ${calls} calls failed (limit ${terms ?? percent(limit)})`
    case 'slow_rate':
      return `${percent(value)} of ${calls} calls were slow (limit ${terms ?? percent(limit)})`
    case 'consecutive':
      return `${value === 1 ? '1 call' : `${value} calls in a row`} failed (limit ${terms ?? limit})`
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

/** What an outage is made of, as one sentence goes on after `opened 02:04`: the figures and the last cause. */
const causeText = ({ reason, lastError }: Pick<Description, 'reason' | 'lastError'>, terms?: string): string =>
  [...figuresOf(reason, terms), ...(lastError === null ? [] : [`last: ${causeOf(lastError)}`])].join(', ')

const figuresOf = (reason: Reason | null, terms?: string): readonly string[] =>
  reason === null || reason.rule === 'by_hand' ? [] : [reasonText(reason, terms)]

/** `opened 02:04:12 +01:00 by ann on h:4711 (nightly), 62% of 50 calls failed (limit 50%), last: exit 7 of curl`. */
export const openedText = (
  told: Pick<Description, 'began' | 'reason' | 'lastError'>,
  now: number,
  terms?: string,
): string => {
  const { began, reason } = told
  const doer = reason === null ? '' : ` by ${nameWho(reason.by, reason.who)}`
  return [`opened ${formatLocal(began, now)}${doer}`, causeText(told, terms)].filter(text => text !== '').join(', ')
}

/** What a record is told that waits for the circuit: its name, how it is, what comes next, and why. */
export const describeWait = (breaker: Breaker, now: number) => {
  const told = describe(breaker, now)
  const { name, state, override } = told
  const known = { what: `breaker ${name}`, name, state: state === 'half_open' ? 'probing' : state.replace('_', ' ') }
  return override === null
    ? { ...known, next: 'probe', why: openedText(told, now) }
    : { ...known, why: byHand(override) }
}

/** `by hand by ann on h:4711 until 15:00:00 +01:00: "vendor called"`. */
const byHand = ({ by, who, why }: Override, until = ''): string =>
  `by hand by ${nameWho(by, who)}${until}${why ? `: "${why}"` : ''}`

type Facts = Omit<Description, 'sentences'> & {
  readonly lease: Lease | null
  readonly hasEnded: HasEnded
}

/** The first sentence answers alone: what, since when, why, by whom. */
const sentencesOf = (facts: Facts, machine: Machine, now: number): readonly string[] => {
  const { name, state, began, reason, override, lastError: error, window, probe, lease, hasEnded } = facts
  const first = `Breaker ${name} has been ${state.replace('_', ' ')} since ${moment(began, now)}`
  const sentences: string[] = []
  const dominant = describeDominant(facts.errors)
  const why = dominant.length === 0 ? causeText(facts) : [...figuresOf(reason), ...dominant].join(', ')
  if (override !== null) sentences.push(`${first}, ${byHand(override, ` until ${moment(override.until, now)}`)}`)
  else if (reason?.rule === 'by_hand')
    sentences.push(`${first}, ${reasonText(reason)}, by ${nameWho(reason.by, reason.who)}`)
  else if (facts.causes.length > 0) sentences.push(`${first}: ${facts.causes.join('; ')}`)
  else if (reason !== null) sentences.push(`${first}: opened by ${nameWho(reason.by, reason.who)}, ${why}`)
  else sentences.push(first)
  if (facts.causes.length > 0 && reason !== null && override === null)
    sentences.push(`It was opened by ${nameWho(reason.by, reason.who)}, ${why}`)
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
      `${causeOf(error)} was seen ${error.n === 1 ? 'once' : `${error.n} times`}, last at ${moment(error.time, now)}${describeMessage(error)}`,
    )
  if (machine.state === 'half_open') sentences.push(`${probe.ok} of ${probe.need} probes have succeeded`)
  if (probe.by !== null && lease !== null) {
    const ended = hasEnded(lease.by, lease.who) ? ' (that process has ended)' : ''
    sentences.push(
      `A probe of ${nameWho(lease.by, lease.who)}${ended} may take until ${moment(facts.until ?? now, now)}`,
    )
  } else if (facts.probeDue !== null)
    sentences.push(
      facts.probeDue <= now ? 'The next probe is due' : `The next probe is due at ${moment(facts.probeDue, now)}`,
    )
  return sentences
}

/** One exit code behind nearly all failures is often an answer and no failure of the other side. */
export const describeDominant = (errors: readonly SeenError[]): readonly string[] => {
  const total = errors.reduce((sum, { n }) => sum + n, 0)
  const most = errors.find(({ n }) => n >= 0.9 * total)
  if (most?.exit === undefined || total < 5) return []
  return [`${most.n} of ${total} failures are ${causeOf(most)}: is that a failure? If not: --ignore exit:${most.exit}`]
}

// That a command exited with 7 is said already.
const describeMessage = ({ exit, kind, message }: SeenError): string =>
  exit !== undefined || message === kind ? '' : `: ${message}`

const countersOf = ({ counters, delta }: Breaker): Breaker['counters'] => ({
  ok: counters.ok + (delta?.counters.ok ?? 0),
  fail: counters.fail + (delta?.counters.fail ?? 0),
  rejected: counters.rejected + (delta?.counters.rejected ?? 0),
  late: counters.late + (delta?.counters.late ?? 0),
})

const moment = (time: number, now: number): string => {
  const seconds = Math.round(Math.abs(time - now) / 1000) * 1000
  const distance = time > now ? `in ${formatDuration(seconds)}` : `${formatDuration(seconds)} ago`
  return `${formatLocal(time, now)} (${distance})`
}

const percent = (share: number): string => `${Math.round(share * 100)}%`
