import type { Clock } from '../../core/clock.js'
import { describeHolder } from '../files/lock.js'
import { type LongLock, tryLongLock } from '../files/long-lock.js'
import { removeLeftOvers } from '../files/temporary.js'
import { StoreError } from '../store-error.js'
import { journalOf } from './journal.js'

/** The right to change a dead-letter file other than by appending to it. */
export type ReplayLock = LongLock

/**
 * One process has this lock at a time, for as long as it likes. Throws a StoreError `busy` when another process holds it. What a
 * killed holder has left beside the file is removed.
 */
export const takeReplayLock = (path: string, clock: Clock): ReplayLock => {
  const name = `${path}.replay`
  const held = tryLongLock(name, clock)
  if (held === undefined) {
    throw new StoreError(
      'busy',
      `${path} is being replayed or compacted by ${describeHolder(name)}; run again when it has finished`,
    )
  }
  for (const file of [path, journalOf(path)]) removeLeftOvers(file)
  return held
}
