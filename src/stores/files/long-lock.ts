import { utimesSync } from 'node:fs'
import type { Clock } from '../../core/clock.js'
import { tryAcquire } from './lock.js'

// A holder whose process cannot be looked up, as one in another container, counts as gone after 10 s of silence.
const signOfLifeEvery = 3000

/** So long it is trusted that nobody has taken the lock over: well below what another process would have to wait. */
const trustedFor = 1000

/** A lock that is held for as long as one likes. */
export type LongLock = {
  /** False when another process took it over, as after a long stall of this one: check it before each change. */
  stillMine(): boolean
  /** Gives it back. */
  release(): void
}

/** Takes the lock of `path` (the file `path.lock`) without waiting; undefined when another process holds it. Throws like `acquire`. */
export const tryLongLock = (path: string, clock: Clock): LongLock | undefined => {
  const held = tryAcquire(path)
  if (held === undefined) return undefined
  let cancel = () => {}
  const live = () => {
    cancel = clock.after(signOfLifeEvery, () => {
      try {
        if (held.stillMine()) utimesSync(`${path}.lock`, new Date(), new Date())
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
