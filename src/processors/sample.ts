import type { CreateProcessor } from '../core/processor.js'
import { createKeyHash } from '../core/tables/key-hash.js'
import type { KeyOptions } from './keyed/key-finder.js'
import { createSieve } from './keyed/sieve.js'

export type SampleOptions = {
  /** Share of the input that passes, from 0 to 1. */
  readonly share: number
  /** The same seed, a whole number below 2^53, chooses the same keys. */
  readonly seed: number
  /** Returns a random number from 0 to below 1; called for each record. */
  readonly random: () => number
  /** Samples keys instead of records: all records of a key pass, or none. */
  readonly by?: KeyOptions | undefined
}

/**
 * Passes on a random share of the records, or with `by` of the keys; the others count as filtered. With `by`, rejects a line that is not
 * valid JSON as `parse`, and a record without the key as `field` unless `missing` says otherwise.
 */
export const createSample: CreateProcessor<SampleOptions> = ({ share, seed, random, by }, context) => {
  if (by === undefined) return createSieve({ keeps: () => random() < share }, context)
  const hash = createKeyHash(seed | 0, Math.floor(seed / 2 ** 32) | 0)
  const below = share * 2 ** 32
  return createSieve({ by, keeps: (bytes, start, end) => hash(bytes, start, end) >>> 0 < below }, context)
}
