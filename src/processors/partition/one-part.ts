import type { MissingKey } from '../../core/json/key-reader.js'
import type { Path } from '../../core/json/path.js'
import { Neighbours } from '../../core/neighbours.js'
import type { CreateProcessor } from '../../core/processor.js'
import { fnv1a64Modulo } from '../../core/tables/fnv.js'
import { createKeyOf } from './read-keys.js'

export type OnePartOptions = {
  /** So many parts there are. */
  readonly parts: number
  /** The one that passes, from 0. */
  readonly only: number
  /** By the hash of these fields; each record in turn without any. */
  readonly key: readonly Path[]
  readonly missing?: MissingKey | undefined
}

/** Passes the records of one part on, and drops those of all others. */
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
          // It was one too many: no more of the push is wanted.
          context.giveBack(lines.slice(index + 1))
          return passing.end(index + 1)
        }
      }
      return passing.end(lines.length)
    },
  }
}
