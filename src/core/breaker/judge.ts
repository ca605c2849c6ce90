import type { Failure } from '../failure.js'
import { isOwnLack } from '../rules/classes.js'
import { type FailurePattern, matchesFailure } from '../rules/failure-pattern.js'

/** What a call's end means for the circuit: only `ok` and `failure` count. */
export type Judgement = 'ok' | 'failure' | 'ignored' | 'throttled' | 'cancelled'

/** What a user wants to count besides the usual, and what not: `ignore` wins. */
export type Counting = { readonly failureOn?: FailurePattern | undefined; readonly ignore?: FailurePattern | undefined }

/**
 * What a failed attempt says about the other side: transient failures and exit codes count, a bad record, a refused
 * request or a bug in a script says nothing about whether it is up, and neither does what this machine lacks.
 */
export const judge = (failure: Failure, { failureOn, ignore }: Counting = {}): Exclude<Judgement, 'ok'> => {
  if (failure.kind === 'cancelled') return 'cancelled'
  if (neverCalled.has(failure.kind) || isOwnLack(failure)) return 'ignored'
  // Asked to come later: neither a failure nor nothing, whatever a list says.
  if (failure.failureClass === 'throttled') return 'throttled'
  if (ignore !== undefined && matchesFailure(ignore, failure)) return 'ignored'
  if (failureOn !== undefined && matchesFailure(failureOn, failure)) return 'failure'
  if (failure.failureClass === 'transient') return 'failure'
  return failure.kind === 'exit' && failure.failureClass === 'permanent' ? 'failure' : 'ignored'
}

const neverCalled: ReadonlySet<string> = new Set(['breaker_open', 'gate_closed'])
