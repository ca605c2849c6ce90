import type { Breaker } from '../../core/breaker/model.js'
import { stateOf, stateVersion } from '../../core/breaker/save.js'
import { createFileStore } from '../../stores/state/file.js'
import { StoreError } from '../../stores/store-error.js'
import { describeWriter } from './create-circuit.js'
import { keepSettings, loadFile } from './list-states.js'
import { createAppend, largestLog } from './record-changes.js'

export type CurrentOptions = {
  readonly now: number
  /** Where changes are logged. */
  readonly log: string
  readonly warn: (message: string) => void
}

/**
 * The circuit in a state file for code that acts on it; undefined without a file. What a clock that was set back makes of it is
 * stored, once for all: else a pause would start again at each look. Where it cannot be stored, what is open counts as due.
 * Throws a StoreError when it cannot be read.
 */
export const readCurrent = async (file: string, { now, log, warn }: CurrentOptions): Promise<Breaker | undefined> => {
  const store = createFileStore({ path: file, version: stateVersion, strict: true })
  const value = await store.read()
  if (value === undefined) return undefined
  const { breaker, effects } = loadFile(value, file, now)
  const clock = effects.find(({ type }) => type === 'clock')
  if (clock?.type !== 'clock') return breaker
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
    if (!isOurs) return breaker
    warn(clock.message)
    const line = { time: new Date(now).toISOString(), type: 'clock', breaker: breaker.options.name, why: clock.message }
    createAppend(warn)(log, line, largestLog)
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    warn(`${clock.message}; that cannot be stored, so a probe counts as due. ${error.message}`)
    makeDue(breaker, now)
  }
  return breaker
}

const makeDue = (breaker: Breaker, now: number): void => {
  const { machine } = breaker
  if (machine.override !== null) return
  if (machine.state === 'open') breaker.machine = { ...machine, until: now }
  if (machine.state === 'half_open') breaker.machine = { ...machine, lease: null }
}
