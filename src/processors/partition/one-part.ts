import type { MissingKey } from '../../core/json/key-reader.js'
import type { Path } from '../../core/json/path.js'
import { Neighbours } from '../../core/neighbours.js'
import type { CreateProcessor } from '../../core/processor.js'
import { fnv1a64Modulo } from '../../core/tables/fnv.js'
import { createKeyOf } from './read-keys.js'

export type OnePartOptions = {
  /** Number of parts. */
  readonly parts: number
  /** The part that passes, from 0. */
  readonly only: number
  /** Chooses the part by the hash of these fields; without fields, in turn. */
  readonly key: readonly Path[]
  readonly missing?: MissingKey | undefined
}

/**
 * Passes on the records of one part; those of other parts count as filtered. With a key, rejects a line that is not valid JSON as
 * `parse`, and a record without the key as `field` unless `missing` says otherwise.
 */
export const createOnePart: CreateProcessor<OnePartOptions> = ({ parts, only, key, missing }, context) => {
  const keys = key.length === 0 ? undefined : createKeyOf(key, missing, context)
  let turn = -1
  return {
    holdsNothing: true,
    push(lines) {
      const passing = new Neighbours((from, until) => context.emit(lines.slice(from, until)))
      for (let index = 0; index < lines.length; index++) {
        const read = keys?.read(lines, index)
        if (read === 'pass') continue
        let part: number
        if (keys === undefined) {
          turn = (turn + 1) % parts
          part = turn
        } else part = fnv1a64Modulo(keys.reader.bytes, keys.reader.start, keys.reader.end, parts)
        if (read !== 'gone' && part === only) continue
        passing.leaveOut(index)
        if (read !== 'gone') context.filter(1, lines.number + index)
        else if (context.stopping.aborted) {
          // The run was stopped because too many records failed: the rest of the push is given back.
          context.giveBack(lines.slice(index + 1))
          return passing.end(index + 1)
        }
      }
      return passing.end(lines.length)
    },
  }
}
