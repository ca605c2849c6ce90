import type { Messages } from '../../cli/messages.js'
import { quoteForShell } from '../../cli/stream/end-report.js'
import { hasEnded } from '../../cli/who.js'
import {
  type Description,
  describe,
  describeDeadProbe,
  describeDominant,
  openedText,
  reasonText,
} from '../../core/breaker/describe.js'
import type { Breaker } from '../../core/breaker/model.js'
import { type BreakerConfig, configText } from '../../core/breaker/options.js'
import type { Effect } from '../../core/breaker/state.js'
import { formatLocal } from '../../core/format-moment.js'
import { nameWho } from '../../core/who.js'
import type { Transition } from './change.js'

/** What a run finds before its first record: the circuit, what time has done to it, and its file. */
export type Inherited = {
  readonly breaker: Breaker
  readonly effects: readonly Effect[]
  readonly file: string | undefined
  /** The settings of this run. */
  readonly own: BreakerConfig
}

/** Reports before the first record why the circuit is open: which process opened it, when, why, what comes next, how to reset it. */
export const announceInherited = ({ warn }: Messages, inherited: Inherited, now: number): void =>
  warn(describeInherited(inherited, now))

/** The same for a run that ends because of it. */
export const describeInherited = ({ breaker, effects, file, own }: Inherited, now: number, isOver = false): string => {
  const told = describe(breaker, now, hasEnded, effects)
  const [first, ...others] = beginningOf(told, own, now)
  return [
    `${first}${isOver ? '; nothing was tried' : ''}`,
    ...others,
    ...describeNext(told, now),
    ...describeHelp(told, file),
  ].join('. ')
}

const beginningOf = (told: Description, own: BreakerConfig, now: number): readonly string[] => {
  const { name, state, reason, override, causes, sentences } = told
  const [usual = ''] = sentences
  if (override !== null || reason === null || reason.rule === 'by_hand') return [usual]
  if (state !== 'open' && state !== 'half_open') return [usual]
  const begin = `Breaker ${name} was open before the first record`
  const isOther = told.settings.hash !== own.hash
  const hasOtherLimits = limitsOf(told.settings) !== limitsOf(own)
  const opened = openedText(told, now, isOther && hasOtherLimits ? limitsOf(told.settings) : undefined)
  const judged = !isOther
    ? ''
    : hasOtherLimits
      ? `; this run judges by ${limitsOf(own)}`
      : `; set with ${differenceOf(told.settings, own)}, this run with ${differenceOf(own, told.settings)}`
  if (causes.length === 0) return [`${begin}: ${opened}${judged}`]
  return [`${begin}: ${causes.join('; ')}`, `It was ${opened}${judged}`]
}

const limitsOf = ({ fail_rate: rate, consecutive, open_for: openFor }: BreakerConfig): string =>
  `${rate === null ? `${consecutive} in a row` : `${Math.round(rate * 100)}%`}, ${openFor}`

/** The settings of one that the other does not have. */
const differenceOf = (one: BreakerConfig, other: BreakerConfig): string => {
  const known = new Set(configText(other).split(' --'))
  const differing = configText(one)
    .split(' --')
    .filter(setting => !known.has(setting))
  return differing.length === 0 ? 'others' : differing.map(setting => `--${setting.replace(/^--/, '')}`).join(' ')
}

const describeNext = ({ probeDue, override, probe }: Description, now: number): readonly string[] => {
  // Both say until when.
  if (override !== null || probe.by !== null || probeDue === null) return []
  return [probeDue <= now ? 'The next probe is due' : `The next probe is due at ${formatLocal(probeDue, now)}`]
}

const describeHelp = ({ override }: Description, file: string | undefined): readonly string[] => {
  if (file === undefined) return []
  const path = quoteForShell(file)
  if (override?.state === 'closed') return [`To let it decide again: streamz breaker reset ${path}`]
  return [`More: streamz breaker status ${path}; to close it by hand: streamz breaker reset ${path}`]
}

/** Says that the circuit changed, and why. */
export const announceChange = (
  { warn, note }: Messages,
  { to, at, until, reason }: Transition,
  { options: { name }, errors }: Breaker,
): void => {
  const why = reason.rule === 'lease_expired' ? describeDeadProbe(reason, hasEnded) : reasonText(reason)
  const causes = reason.rule === 'fail_rate' || reason.rule === 'consecutive' ? describeDominant(errors) : []
  const due = until === null ? '' : ` until ${formatLocal(until, at)}`
  if (to === 'open' || to === 'forced_open')
    warn(`Breaker ${name} is ${to.replace('_', ' ')}${due}: ${[why, ...causes].join(', ')}`)
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
