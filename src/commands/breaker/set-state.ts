import { hostname } from 'node:os'
import { exitCodes } from '../../cli/exit-codes.js'
import { createMessages, type Messages } from '../../cli/messages.js'
import { whoAmI } from '../../cli/who.js'
import { force, initial, reset } from '../../core/breaker/breaker.js'
import type { Breaker } from '../../core/breaker/model.js'
import { stateOf, stateVersion } from '../../core/breaker/save.js'
import { nameState, type Override } from '../../core/breaker/state.js'
import { formatLocal } from '../../core/format-moment.js'
import { nameWho } from '../../core/who.js'
import { circuitLifetime } from '../../stores/state/lifetime.js'
import { openStore } from '../../stores/state/open-store.js'
import { describeChange } from './change.js'
import { describeWriter } from './create-circuit.js'
import { keepSettings, listStates, optionsOf, parseBreaker } from './list-states.js'
import type { VerbFlags } from './options.js'
import { createAppend, largestLog, logOf } from './record-changes.js'
import { findPlace } from './state-place.js'

type Verb = 'open' | 'close' | 'reset'

/** Opens, closes or resets a circuit by hand, or all circuits of a folder; returns the exit code. */
export const setState = async (verb: Verb, path: string, flags: VerbFlags): Promise<number> => {
  const messages = createMessages(`breaker ${verb}`, flags.color, flags.quiet === true)
  const files = await listStates(path)
  if (files.length === 0) messages.warn(`${path} has no circuits yet`)
  for (const file of files) await setOne(verb, file, path, flags, messages)
  await messages.output.flush()
  messages.output.close()
  return exitCodes.ok.code
}

const setOne = async (verb: Verb, file: string, path: string, flags: VerbFlags, messages: Messages): Promise<void> => {
  const { warn, note } = messages
  const store = openStore({
    path: file,
    version: stateVersion,
    kind: 'circuit',
    strict: true,
    warn,
    lifetime: circuitLifetime,
  })
  const { breaker, effects, replaced } = await store.update(value => {
    const now = store.wall()
    const options = {
      ...optionsOf(value),
      ...(value === undefined ? { name: findPlace({ ...flags, state: file }).name } : {}),
      by: `${hostname()}:${process.pid}`,
      who: whoAmI(),
    }
    const breaker = value === undefined ? initial(options, now) : { ...parseBreaker(value, file, now), options }
    const replaced = breaker.machine.override
    const effects = change(verb, breaker, now, flags)
    const state = stateOf(breaker, describeWriter(), now)
    return { value: keepSettings(state, value), durable: true, result: { breaker, effects, replaced } }
  })
  const append = createAppend(warn)
  for (const effect of effects) {
    if (effect.type !== 'transition') continue
    const described = describeChange(effect, breaker, undefined)
    append(logOf(path), { time: new Date(effect.at).toISOString(), type: 'override', ...described }, largestLog)
  }
  const { machine, options } = breaker
  if (replaced !== null) warn(describeReplaced(replaced, machine.override, store.wall()))
  const until = machine.override === null ? '' : ` until ${formatLocal(machine.override.until, store.wall())}`
  note(`Breaker ${options.name} is ${nameState(machine).replace('_', ' ')} now${until}`)
}

const describeReplaced = ({ state, until, by, who, why }: Override, next: Override | null, now: number): string => {
  const shorter = next !== null && next.until < until ? ', which is longer' : ''
  const reason = why === '' ? '' : `: ${why}`
  return `This replaces what ${nameWho(by, who)} set by hand: forced ${state} until ${formatLocal(until, now)}${shorter}${reason}`
}

const change = (verb: Verb, breaker: Breaker, now: number, { for: time = 3_600_000, why = '' }: VerbFlags) => {
  if (verb === 'reset') return reset(breaker, now, why)
  return force(breaker, now, verb === 'open' ? 'open' : 'closed', now + time, why)
}
