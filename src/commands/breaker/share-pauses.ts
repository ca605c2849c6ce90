import { createPauses, type Pauses, type PausesOptions } from '../../calls/attempts/pauses.js'
import type { Shared } from '../../cli/stream/stage.js'
import type { Context } from '../../core/processor.js'
import { openStore } from '../../stores/state/open-store.js'
import { createSharedPauses } from '../../stores/state/shared-pauses.js'

/** Pauses that services ask for, kept beside the state of the circuit for all who share it. */
export type ToldPauses = {
  readonly create: (options: PausesOptions) => Pauses
  /** Learns what other runs were asked for before any call is made. */
  start(): Promise<void>
  /** Resolves when everything that this run was asked for is stored. */
  close(): Promise<void>
}

/** Without a state they are those of this run alone. */
export const sharePauses = (state: string | undefined, { messages }: Shared, { clock }: Context): ToldPauses => {
  if (state === undefined) return { create: createPauses, async start() {}, async close() {} }
  let pauses: Pauses | undefined
  let last: Promise<void> = Promise.resolve()
  const shared = createSharedPauses({
    store: openStore({ path: `${state}.pauses`, version: 1, kind: 'pauses', warn: messages.warn, clock }),
    clock,
    follow: (service, ms) => pauses?.follow(service, ms),
    warn: messages.warn,
  })
  const queue = (act: () => Promise<void>): void => {
    last = last.then(act)
  }
  return {
    create(options) {
      pauses = createPauses({
        ...options,
        onPause: (service, until) => queue(() => shared.publish(service, until)),
        look: () => void shared.look(),
      })
      return pauses
    },
    start: shared.look,
    close: () => last,
  }
}
