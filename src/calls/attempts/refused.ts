import type { Attempts, Failure } from '../../core/failure.js'

/** The end of an attempt that was not made: it is not tried again, whatever the class of its failure. */
export class Refused extends Error {
  override readonly name = 'Refused'

  constructor(
    readonly failure: Failure,
    /** What the circuit breaker had to say. */
    readonly breaker?: Attempts['breaker'],
  ) {
    super(failure.message, { cause: failure })
  }
}
