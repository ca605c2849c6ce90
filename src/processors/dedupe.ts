import type { Context, CreateProcessor, Processor } from '../core/processor.js'
import { SeenTable } from '../core/tables/seen-table.js'
import type { KeyOptions } from './keyed/key-finder.js'
import { createSieve, type LookAhead } from './keyed/sieve.js'

export type DedupeOptions = {
  /** The key to compare; by default the bytes of the whole record. */
  readonly by?: KeyOptions | undefined
  /** Maximum number of remembered keys; the one seen first is forgotten. */
  readonly maxKeys: number
  /** A key is forgotten this many milliseconds after its first record. */
  readonly ttl?: number | undefined
}

/**
 * Passes on the first of equal records; the others count as filtered. With `by`, rejects a line that is not valid JSON as
 * `parse`, and a record without the key as `field` unless `missing` says otherwise.
 */
export const createDedupe: CreateProcessor<DedupeOptions> = ({ by, maxKeys, ttl }, context) =>
  createSeenSieve({ by, seen: new SeenTable({ max: maxKeys, ttl }), now: context.clock.now }, context)

export type SeenSieveOptions = {
  readonly by?: KeyOptions | undefined
  readonly seen: SeenTable
  /** The time in milliseconds, by the clock of the table. */
  readonly now: () => number
  /** Called for each emitted record, in order; `isNew` is false if the record has no key. */
  readonly left?: ((isNew: boolean) => void) | undefined
}

/** The same with a table that the caller provides. */
export const createSeenSieve = ({ by, seen, now, left }: SeenSieveOptions, context: Context): Processor => {
  let time = 0
  const { hash } = seen
  // Hashes of the next keys, four words each: many keys that are looked for at once are found faster than one by one.
  const words = new Int32Array(4 * 256)
  let until = 0
  let next = 0
  const ahead: LookAhead = {
    most: words.length / 4,
    begin() {
      until = 0
      next = 0
    },
    see(bytes, start, end) {
      hash.hash(bytes, start, end)
      words[until++] = hash.a
      words[until++] = hash.b
      words[until++] = hash.c
      words[until++] = hash.d
    },
    end: () => seen.fetch(words, 0, until, 4),
  }
  const keeps = () => {
    // The key that is remembered is the one that `left` is about.
    hash.a = words[next++] as number
    hash.b = words[next++] as number
    hash.c = words[next++] as number
    hash.d = words[next++] as number
    return seen.addWords(hash.a, hash.b, hash.c, hash.d, time)
  }
  const sieve = createSieve({ by, keeps, ahead, left }, context)
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

/** Passes on records that differ from the one before; repeated ones count as filtered. Rejects as `createDedupe` does. */
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
