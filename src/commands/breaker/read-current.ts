import type { Breaker } from '../../core/breaker/model.js'
import { stateOf, stateVersion } from '../../core/breaker/save.js'
import { type Clock, realClock } from '../../core/clock.js'
import { circuitLifetime } from '../../stores/state/lifetime.js'
import { openStore } from '../../stores/state/open-store.js'
import { StoreError } from '../../stores/store-error.js'
import { describeWriter } from './create-circuit.js'
import { keepSettings, loadFile } from './list-states.js'
import { createAppend, largestLog } from './record-changes.js'

export type CurrentOptions = {
  readonly clock?: Clock
  /** Where changes are logged, if anywhere. */
  readonly log: string | undefined
  readonly warn: (message: string) => void
}

/**
 * The circuit in a state file for code that acts on it; undefined without a file. What a clock that was set back makes of it is
 * stored, once for all: else a pause would start again at each look. Where it cannot be stored, what is open counts as due.
 * Throws a StoreError when it cannot be read.
 */
export const readCurrent = async (
  file: string,
  { clock = realClock, log, warn }: CurrentOptions,
): Promise<Current | undefined> => {
  const store = openStore({
    path: file,
    version: stateVersion,
    kind: 'circuit',
    strict: true,
    clock,
    lifetime: circuitLifetime,
  })
  const value = await store.read()
  if (value === undefined) return undefined
  const now = store.wall()
  const { breaker, effects } = loadFile(value, file, now)
  const setBack = effects.find(({ type }) => type === 'clock')
  if (setBack?.type !== 'clock') return { breaker, now }
  try {
    const isOurs = await store.update(current => {
      if (current === undefined) return { result: false }
      const found = loadFile(current, file, now)
      // Another process was faster.
      if (!found.effects.some(({ type }) => type === 'clock')) return { result: false }
      return {
        value: keepSettings(stateOf(found.breaker, describeWriter(), now), current),
        durable: true,
        result: true,
      }
    })
    if (!isOurs) return { breaker, now }
    warn(setBack.message)
    const line = {
      time: new Date(now).toISOString(),
      type: 'clock',
      breaker: breaker.options.name,
      why: setBack.message,
    }
    createAppend(warn)(log, line, largestLog)
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    warn(`${setBack.message}; that cannot be stored, so a probe counts as due. ${error.message}`)
    makeDue(breaker, now)
  }
  return { breaker, now }
}

/** A circuit, and what time it is where it is kept. */
type Current = { readonly breaker: Breaker; readonly now: number }

const makeDue = (breaker: Breaker, now: number): void => {
  const { machine } = breaker
  if (machine.override !== null) return
  if (machine.state === 'open') breaker.machine = { ...machine, until: now }
  if (machine.state === 'half_open') breaker.machine = { ...machine, lease: null }
}
