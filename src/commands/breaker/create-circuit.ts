import { hostname } from 'node:os'
import { createMemoryCircuit } from '../../calls/breaker/memory-circuit.js'
import type { Messages } from '../../cli/messages.js'
import type { Circuit, Observe } from '../../core/breaker/circuit.js'
import type { BreakerOptions } from '../../core/breaker/options.js'
import { stateVersion, type Writer } from '../../core/breaker/save.js'
import type { Clock } from '../../core/clock.js'
import { circuitLifetime } from '../../stores/state/lifetime.js'
import { openStore } from '../../stores/state/open-store.js'
import { setAside } from '../../stores/state/set-aside.js'
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
  /** The state file, or the URL of a server; none: in memory. */
  readonly path: string | undefined
  readonly strict: boolean
  readonly clock: Clock
  readonly observe: Observe
  readonly messages: Messages
}

/** A circuit in memory, in a file or on a server. */
export const createCircuit = (options: BreakerOptions, place: CircuitPlace): Circuit => {
  const { path, strict, clock, observe, messages } = place
  if (path === undefined) return createMemoryCircuit({ options, clock, observe })
  const { warn } = messages
  const store = openStore({
    path,
    version: stateVersion,
    kind: 'circuit',
    strict,
    warn,
    clock,
    lifetime: (value, now) => Math.max(options.ttl, circuitLifetime(value, now)),
  })
  return createSharedCircuit({
    options,
    store,
    writer: describeWriter(),
    clock,
    observe,
    follow: breaker => announceFollowed(messages, breaker, store.wall()),
    warn,
    setAside: () => setAside(path, clock.wall()),
    strict,
  })
}
