import type { Messages } from '../../cli/messages.js'
import { hasEnded } from '../../cli/who.js'
import { describe, describeDeadProbe, describeDominant, openedText, reasonText } from '../../core/breaker/describe.js'
import type { Breaker } from '../../core/breaker/model.js'
import { type BreakerConfig, configOf } from '../../core/breaker/options.js'
import { formatLocal } from '../../core/format-moment.js'
import { nameWho } from '../../core/who.js'
import type { Transition } from './change.js'

/** Reports before the first record why the circuit is open: which process opened it, when, why, what comes next, how to reset it. */
export const announceInherited = ({ warn }: Messages, breaker: Breaker, now: number, reset: string): void => {
  const told = describe(breaker, now, hasEnded)
  const [first = '', ...others] = told.sentences
  const sentences = [describeInherited(breaker, now) ?? first, ...others]
  warn(`${sentences.join('. ')}. To close it by hand: ${reset}`)
}

/** What was there before the first record, in one sentence; undefined where the state's own first sentence says more. */
export const describeInherited = (breaker: Breaker, now: number): string | undefined => {
  const told = describe(breaker, now, hasEnded)
  const { name, state, reason, override } = told
  if (override !== null || reason === null || (state !== 'open' && state !== 'half_open')) return undefined
  if (!told.sentences[0]?.includes(': opened by ')) return undefined
  const other = describeSettings(told.settings, configOf(breaker.options))
  return `Breaker ${name} was open before the first record: ${openedText(told, now)}${other}`
}

const describeSettings = (theirs: BreakerConfig, own: BreakerConfig): string => {
  if (theirs.hash === own.hash) return ''
  const brief = ({ fail_rate: rate, consecutive, open_for: openFor }: BreakerConfig) =>
    `${rate === null ? `${consecutive} in a row` : `${Math.round(rate * 100)}%`}, ${openFor}`
  return ` (limit ${brief(theirs)}); this run judges by ${brief(own)}`
}

/** Says that the circuit changed, and why. */
export const announceChange = (
  { warn, note }: Messages,
  { to, at, until, reason }: Transition,
  { options: { name }, errors }: Breaker,
): void => {
  const why = reason.rule === 'lease_expired' ? describeDeadProbe(reason, hasEnded) : reasonText(reason)
  const due = until === null ? '' : ` until ${formatLocal(until, at)}`
  if (to === 'open' || to === 'forced_open')
    warn([`Breaker ${name} is ${to.replace('_', ' ')}${due}: ${why}`, ...describeDominant(errors)].join('. '))
  else if (to === 'closed') note(`Breaker ${name} is closed again: ${why}`)
}

/** Says that another process changed the circuit. */
export const announceFollowed = ({ warn, note }: Messages, breaker: Breaker, now: number): void => {
  const { state, name, until, reason, override } = describe(breaker, now)
  if (state === 'closed') note(`Breaker ${name} was closed again by another run`)
  if (state !== 'open' && state !== 'forced_open') return
  const due = until === null ? '' : ` until ${formatLocal(until, now)}`
  const doer = override ?? reason
  const why = reason === null ? '' : `: ${reasonText(reason)}`
  const who = doer === null ? '' : `, by ${nameWho(doer.by, doer.who)}`
  warn(`Breaker ${name} is ${state.replace('_', ' ')}${due}, set by another run${why}${who}`)
}
