import type { Context, CreateProcessor, Processor } from '../core/processor.js'
import { SeenTable } from '../core/tables/seen-table.js'
import type { KeyOptions } from './keyed/key-finder.js'
import { createSieve } from './keyed/sieve.js'

export type DedupeOptions = {
  /** What must be equal; all of the record, byte for byte, unless given. */
  readonly by?: KeyOptions | undefined
  /** Keys remembered at most; the one seen first is forgotten. */
  readonly maxKeys: number
  /** So many milliseconds after its first record a key is forgotten. */
  readonly ttl?: number | undefined
}

/** Passes on the first of equal records; the others are counted as filtered. */
export const createDedupe: CreateProcessor<DedupeOptions> = ({ by, maxKeys, ttl }, context) =>
  createSeenSieve({ by, seen: new SeenTable({ max: maxKeys, ttl }), now: context.clock.now }, context)

export type SeenSieveOptions = {
  readonly by?: KeyOptions | undefined
  readonly seen: SeenTable
  /** Milliseconds of the clock that the table goes by. */
  readonly now: () => number
  /** Told of each record that leaves, in order, and whether its key was new; it may have none. */
  readonly left?: ((isNew: boolean) => void) | undefined
}

/** The same with a table of somebody else's. */
export const createSeenSieve = ({ by, seen, now, left }: SeenSieveOptions, context: Context): Processor => {
  let time = 0
  const sieve = createSieve({ by, keeps: (bytes, start, end) => seen.add(bytes, start, end, time), left }, context)
  return {
    ...sieve,
    push(lines) {
      time = now()
      seen.expire(time)
      return sieve.push(lines)
    },
    end() {
      context.event('told', { forgotten: seen.forgotten })
    },
  }
}

/** Passes on what differs from the record before it; equal neighbours are counted as filtered. */
export const createChanges: CreateProcessor<Pick<DedupeOptions, 'by'>> = ({ by }, context) => {
  let last: Buffer = Buffer.alloc(256)
  let length = -1
  const isLast = (bytes: Buffer, start: number, end: number): boolean =>
    end - start === length && bytes.compare(last, 0, length, start, end) === 0
  return createSieve(
    {
      by,
      keeps(bytes, start, end) {
        if (isLast(bytes, start, end)) return false
        length = end - start
        if (length > last.length) last = Buffer.allocUnsafeSlow(2 * length)
        bytes.copy(last, 0, start, end)
        return true
      },
    },
    context,
  )
}
