import type { FakeClock } from '../../core/clock.js'

/** Why a run on the fake clock does not end by itself. */
export type Stuck = 'waits for something that never comes' | 'does not end'

/**
 * Lets the time of a fake clock pass until the work is done: each timer is called when nothing else can happen any more.
 * `isBusy` says that something real is under way, for which the fake time stands still.
 */
export const passTime = async (
  work: Promise<unknown>,
  clock: FakeClock,
  isBusy: () => boolean,
): Promise<Stuck | undefined> => {
  let isDone = false
  const done = () => {
    isDone = true
  }
  work.then(done, done)
  for (let step = 0; step < maxSteps; step++) {
    await settle(isBusy)
    if (isDone) return undefined
    const { next } = clock
    if (next === undefined) return 'waits for something that never comes'
    await clock.advance(next)
  }
  return 'does not end'
}

const maxSteps = 1_000_000

/** Reading and writing hop from turn to turn; files are read and written elsewhere. */
const settle = async (isBusy: () => boolean): Promise<void> => {
  for (let quiet = 0; quiet < 8; ) {
    // Real work takes milliseconds: turns without a pause would take the processor from it.
    await new Promise<void>(resolve => (isBusy() ? setTimeout(resolve, 1) : setImmediate(resolve)))
    quiet = isBusy() || process.getActiveResourcesInfo().some(name => name.startsWith('FSReq')) ? 0 : quiet + 1
  }
}
