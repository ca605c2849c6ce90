import type { CreateProcessor } from '../core/processor.js'
import { createKeyHash } from '../core/tables/key-hash.js'
import type { KeyOptions } from './keyed/key-finder.js'
import { createSieve } from './keyed/sieve.js'

export type SampleOptions = {
  /** How much of the input passes, from 0 to 1. */
  readonly share: number
  /** The same seed, a whole number below 2^53, chooses the same keys. */
  readonly seed: number
  /** A number from 0 up to, not including, 1, drawn anew for each record. */
  readonly random: () => number
  /** Either all records of a key pass or none. */
  readonly by?: KeyOptions | undefined
}

/** Passes on a share of the records: each by chance, or all of a key and none of another. */
export const createSample: CreateProcessor<SampleOptions> = ({ share, seed, random, by }, context) => {
  if (by === undefined) return createSieve({ keeps: () => random() < share }, context)
  const hash = createKeyHash(seed | 0, Math.floor(seed / 2 ** 32) | 0)
  const below = share * 2 ** 32
  return createSieve({ by, keeps: (bytes, start, end) => hash(bytes, start, end) >>> 0 < below }, context)
}
