import { utimesSync } from 'node:fs'
import type { Clock } from '../../core/clock.js'
import { describeHolder, tryAcquire } from '../files/lock.js'
import { removeLeftOvers } from '../files/temporary.js'
import { StoreError } from '../store-error.js'
import { journalOf } from './journal.js'

// A holder whose process cannot be looked up, as one in another container, counts as gone after 10 s of silence.
const signOfLifeEvery = 3000

/** So long it is trusted that nobody has taken the lock over: well below what somebody else would have to wait. */
const trustedFor = 1000

/** The right to change what is in a dead-letter file beyond appending to it. */
export type ReplayLock = {
  /** False when somebody took it over, as after a long stall of this process: to be asked before each change. */
  stillMine(): boolean
  /** Gives it back. */
  release(): void
}

/**
 * One process has this lock at a time, for as long as it likes. Throws a StoreError `busy` when somebody has it. What a
 * killed holder has left beside the file is removed.
 */
export const takeReplayLock = (path: string, clock: Clock): ReplayLock => {
  const name = `${path}.replay`
  const held = tryAcquire(name)
  if (held === undefined) {
    throw new StoreError(
      'busy',
      `${path} is being replayed or compacted by ${describeHolder(name)}: run again when that has finished`,
    )
  }
  for (const file of [path, journalOf(path)]) removeLeftOvers(file)
  let cancel = () => {}
  const live = () => {
    cancel = clock.after(signOfLifeEvery, () => {
      try {
        if (held.stillMine()) utimesSync(`${name}.lock`, new Date(), new Date())
      } catch {
        // The lock was removed by hand: nothing to keep alive.
      }
      live()
    })
  }
  live()
  let isLost = false
  let asked = clock.now()
  let askedAt = clock.wall()
  return {
    stillMine() {
      // One clock stands still while the machine sleeps, the other may be set.
      const isTrusted = clock.now() - asked < trustedFor && Math.abs(clock.wall() - askedAt) < trustedFor
      if (isLost || isTrusted) return !isLost
      asked = clock.now()
      askedAt = clock.wall()
      isLost = !held.stillMine()
      return !isLost
    },
    release() {
      cancel()
      held.release()
    },
  }
}
