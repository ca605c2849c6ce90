import { utimesSync } from 'node:fs'
import { StartError } from '../../cli/usage-error.js'
import { realClock } from '../../core/clock.js'
import { describeHolder, tryAcquire } from '../../stores/files/lock.js'

/** Takes the lock of a job for as long as it runs; gives the way to give it back. Throws a `StartError` when another run has it. */
export const holdLock = (file: string): (() => void) => {
  // The lock of a store is the file with this ending.
  const name = file.replace(/\.lock$/, '')
  const held = tryAcquire(name)
  if (held === undefined) {
    throw new StartError(`Another run holds ${name}.lock (${describeHolder(name)}): nothing was read`, 75)
  }
  let cancel = () => {}
  const live = () => {
    cancel = realClock.after(signOfLifeEvery, () => {
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

// A holder whose process cannot be looked up, as one in another container, counts as gone after 10 s of silence.
const signOfLifeEvery = 3000
