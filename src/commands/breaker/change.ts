import type { Breaker } from '../../core/breaker/model.js'
import { lastError } from '../../core/breaker/seen-errors.js'
import type { Effect } from '../../core/breaker/state.js'

export type Transition = Extract<Effect, { type: 'transition' }>

/** A change of state as written to logs and events: times in ISO format, names as in the state file. */
export const describeChange = (change: Transition, { options, errors }: Breaker, key: string | undefined) => {
  const error = lastError(errors)
  return {
    breaker: options.name,
    ...(key === undefined ? {} : { key }),
    from: change.from,
    to: change.to,
    generation: change.generation,
    until: change.until === null ? null : new Date(change.until).toISOString(),
    reason: change.reason,
    last_error:
      error === undefined ? null : { kind: error.kind, status: error.status ?? null, exit: error.exit ?? null },
  }
}
