import type { Failure } from '../failure.js'

/** What a call's end means for the circuit: only `ok` and `failure` count. */
export type Judgement = 'ok' | 'failure' | 'ignored' | 'throttled' | 'cancelled'

/**
 * What a failed attempt says about the other side: transient failures and exit codes count, a bad record, a refused
 * request or a bug in a script says nothing about whether it is up.
 */
export const judge = (failure: Failure): Exclude<Judgement, 'ok'> => {
  if (failure.kind === 'cancelled') return 'cancelled'
  if (neverCalled.has(failure.kind)) return 'ignored'
  if (failure.failureClass === 'throttled') return 'throttled'
  if (failure.failureClass === 'transient') return 'failure'
  return failure.kind === 'exit' && failure.failureClass === 'permanent' ? 'failure' : 'ignored'
}

const neverCalled: ReadonlySet<string> = new Set(['breaker_open', 'gate_closed'])
