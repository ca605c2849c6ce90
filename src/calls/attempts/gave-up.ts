import type { Attempts, Failure } from '../../core/failure.js'

/** The last failure of a record that is not retried, with its attempts. */
export class GaveUp extends Error {
  override readonly name = 'GaveUp'

  constructor(
    readonly failure: Failure,
    readonly attempts: Attempts,
    /** True when the last attempt was not made. */
    readonly refused = false,
  ) {
    super(failure.message, { cause: failure })
  }
}
