import { StartError } from '../../cli/usage-error.js'
import { realClock } from '../../core/clock.js'
import { describeHolder } from '../../stores/files/lock.js'
import { tryLongLock } from '../../stores/files/long-lock.js'

/** Takes the lock of a job for as long as it runs; gives the way to give it back. Throws a `StartError` when another run has it. */
export const holdLock = (file: string): (() => void) => {
  // The lock of a store is the file with this ending.
  const name = file.replace(/\.lock$/, '')
  const held = tryLongLock(name, realClock)
  if (held === undefined) {
    throw new StartError(`Another run holds ${name}.lock (${describeHolder(name)}): nothing was read`, 75)
  }
  return held.release
}
