import type { Messages } from '../../cli/messages.js'
import { describe, reasonText } from '../../core/breaker/describe.js'
import type { Breaker } from '../../core/breaker/model.js'
import type { Transition } from './change.js'

/** Reports before the first record why the circuit is open: which process opened it, when, why, what comes next, how to reset it. */
export const announceInherited = ({ warn }: Messages, breaker: Breaker, now: number, reset: string): void => {
  warn(`${describe(breaker, now).sentences.join('. ')}. To close it by hand: ${reset}`)
}

/** Says that the circuit changed, and why. */
export const announceChange = ({ warn, note }: Messages, { to, until, reason }: Transition, name: string): void => {
  const why = `${reasonText(reason)}${reason.rule === 'lease_expired' ? `, it was of ${reason.by}` : ''}`
  const due = until === null ? '' : ` until ${new Date(until).toISOString()}`
  if (to === 'open' || to === 'forced_open') warn(`Breaker ${name} is ${to.replace('_', ' ')}${due}: ${why}`)
  else if (to === 'closed') note(`Breaker ${name} is closed again: ${why}`)
}

/** Says that another process changed the circuit. */
export const announceFollowed = ({ warn, note }: Messages, breaker: Breaker, now: number): void => {
  const { state, name, until, reason } = describe(breaker, now)
  if (state === 'closed') note(`Breaker ${name} was closed again by another run`)
  if (state !== 'open' && state !== 'forced_open') return
  const due = until === null ? '' : ` until ${new Date(until).toISOString()}`
  const why = reason === null ? '' : `: ${reasonText(reason)}, seen by ${reason.by}`
  warn(`Breaker ${name} is ${state.replace('_', ' ')}${due}, set by another run${why}`)
}
