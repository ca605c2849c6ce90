import { hostname } from 'node:os'
import { createMemoryCircuit } from '../../calls/breaker/memory-circuit.js'
import type { Messages } from '../../cli/messages.js'
import type { Circuit, Observe } from '../../core/breaker/circuit.js'
import type { BreakerOptions } from '../../core/breaker/options.js'
import { stateVersion, type Writer } from '../../core/breaker/save.js'
import type { Clock } from '../../core/clock.js'
import { createFileStore } from '../../stores/state/file.js'
import { moveAside } from '../../stores/state/move-aside.js'
import { createSharedCircuit } from '../../stores/state/shared-circuit.js'
import { announceFollowed } from './announce.js'

declare const __VERSION__: string

/** This process, as it is named in state files. */
export const describeWriter = (): Writer => ({
  host: hostname(),
  pid: process.pid,
  started: Math.round(performance.timeOrigin),
  version: __VERSION__,
})

export type CircuitPlace = {
  /** The state file; none: in memory. */
  readonly path: string | undefined
  readonly strict: boolean
  readonly clock: Clock
  readonly observe: Observe
  readonly messages: Messages
}

/** A circuit in memory or in a file. */
export const createCircuit = (options: BreakerOptions, place: CircuitPlace): Circuit => {
  const { path, strict, clock, observe, messages } = place
  if (path === undefined) return createMemoryCircuit({ options, clock, observe })
  const { warn } = messages
  return createSharedCircuit({
    options,
    store: createFileStore({ path, version: stateVersion, strict, warn, clock }),
    writer: describeWriter(),
    clock,
    observe,
    follow: breaker => announceFollowed(messages, breaker, clock.wall()),
    warn,
    setAside: () => moveAside(path, clock.wall()),
    strict,
  })
}
