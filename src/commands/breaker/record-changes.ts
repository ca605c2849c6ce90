import type { Messages } from '../../cli/messages.js'
import type { Observe } from '../../core/breaker/circuit.js'
import type { Effect } from '../../core/breaker/state.js'
import type { Context } from '../../core/processor.js'
import { appendLine } from '../../stores/files/append-line.js'
import { isAddress } from '../../stores/servers/address.js'
import { announceChange } from './announce.js'
import { describeChange } from './change.js'
import type { OnChange } from './run-on-change.js'

export type Recorder = {
  /** What happens to the circuit of this key; without keys undefined. */
  observe(key: string | undefined): Observe
  /** These have been told to the user before they were stored. */
  skip(effects: readonly Effect[]): void
}

export type RecorderOptions = {
  readonly messages: Messages
  readonly event: Context['event']
  /** Name of this stage in events. */
  readonly stage: string
  readonly log: string | undefined
  readonly events: string | undefined
  readonly onChange: OnChange | undefined
}

/** Reports changes of state: on stderr, in the log, in the event file, to a command and in the summary. */
export const createRecorder = (options: RecorderOptions): Recorder => {
  const { messages, event, stage, log, events, onChange } = options
  const run = `${process.pid}-${Math.round(performance.timeOrigin)}`
  const append = createAppend(messages.warn)
  const skipped = new Set<string>()
  return {
    skip(effects) {
      for (const effect of effects) skipped.add(identify(effect))
    },
    observe: key => (effects, breaker) => {
      for (const effect of effects) {
        if (effect.type === 'merge') continue
        const time = new Date(effect.at).toISOString()
        const { name, by } = breaker.options
        if (effect.type === 'clock') {
          if (!skipped.has(identify(effect))) messages.warn(effect.message)
          append(log, { time, type: 'clock', breaker: name, why: effect.message, by }, largestLog)
          continue
        }
        if (effect.type === 'late') {
          const { generation } = effect
          const current = breaker.machine.generation
          append(log, { time, type: 'late', breaker: name, generation, current, by }, largestLog)
          event('breaker.late', {})
          continue
        }
        const change = describeChange(effect, breaker, key)
        append(log, { time, type: 'transition', ...change }, largestLog)
        append(events, { $streamz: 'event/1', time, run, stage, type: 'breaker.transition', ...change }, largestEvents)
        event('breaker.transition', change)
        if (!skipped.has(identify(effect))) announceChange(messages, effect, breaker)
        onChange?.run(effect, breaker, key)
      }
    },
  }
}

const identify = (effect: Effect): string =>
  effect.type === 'transition' ? `${effect.generation} ${effect.to}` : effect.type

/** If the log cannot be written, there is one warning and the run continues. */
export const createAppend = (warn: (message: string) => void) => {
  const broken = new Set<string>()
  return (path: string | undefined, line: object, largest: number): void => {
    if (path === undefined) return
    try {
      appendLine(path, JSON.stringify(line), largest)
    } catch (error) {
      if (!broken.has(path)) warn(`Cannot log a change: ${error instanceof Error ? error.message : String(error)}`)
      broken.add(path)
    }
  }
}

/** The log beside a state file; a server keeps none. */
export const logOf = (path: string): string | undefined => (isAddress(path) ? undefined : `${path}.log`)

export const largestLog = 1024 * 1024
const largestEvents = 100 * 1024 * 1024
