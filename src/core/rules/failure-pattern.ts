import type { Failure, Kind } from '../failure.js'

/** The kinds that one attempt at a call can end with; the others are decided before or after it. */
export const attemptKinds = [
  'timeout',
  'exit',
  'signal',
  'spawn',
  'worker_died',
  'http_status',
  'network',
  'script',
  'output_parse',
  'output_too_large',
] as const satisfies readonly Kind[]

/** Selects failures: by kind, by exit code, or by a range of HTTP statuses. */
export type FailurePattern = {
  readonly kinds: readonly Kind[]
  readonly exits: readonly number[]
  readonly statuses: readonly { readonly from: number; readonly to: number }[]
}

/** Whether a failure matches the pattern. */
export const matchesFailure = ({ kinds, exits, statuses }: FailurePattern, { kind, facts }: Failure): boolean =>
  kinds.includes(kind) ||
  (facts.exit !== undefined && exits.includes(facts.exit)) ||
  statuses.some(({ from, to }) => facts.status !== undefined && facts.status >= from && facts.status <= to)
