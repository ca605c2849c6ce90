import { utimesSync } from 'node:fs'
import type { Clock } from '../../core/clock.js'
import { describeHolder, tryAcquire } from '../files/lock.js'
import { StoreError } from '../store-error.js'

// A holder whose process cannot be looked up, as one in another container, counts as gone after 10 s of silence.
const signOfLifeEvery = 3000

/**
 * The right to change what is in a dead-letter file beyond appending to it; one process has it at a time, for as long as it
 * likes. Throws a StoreError `busy` when somebody has it. The returned function gives it back.
 */
export const takeReplayLock = (path: string, clock: Clock): (() => void) => {
  const name = `${path}.replay`
  const held = tryAcquire(name)
  if (held === undefined) {
    throw new StoreError(
      'busy',
      `${path} is being replayed or tidied up by ${describeHolder(name)}: run again when that has ended`,
    )
  }
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
  return () => {
    cancel()
    held.release()
  }
}
