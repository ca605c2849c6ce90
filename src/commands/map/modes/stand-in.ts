import { readOutput } from '../../../calls/read-output.js'
import type { Shared } from '../../../cli/stream/stage.js'
import { realClock } from '../../../core/clock.js'
import { Failure } from '../../../core/failure.js'
import type { Line } from '../../../core/lines.js'
import type { MapFlags } from '../options.js'
import type { Mode } from './mode.js'

/** In the test of a job: the same way of calling, with what is called in the place of the real call. */
export const standIn = (mode: Mode, flags: MapFlags, { rehearsal }: Shared): Mode => {
  if (rehearsal === undefined) return mode
  const { describe, killNow, retries, inFlight } = mode
  const same = {
    describe,
    killNow,
    ...(retries === undefined ? {} : { retries }),
    ...(inFlight === undefined ? {} : { inFlight }),
  }
  if (mode.runsHere && !rehearsal.isFaked) {
    return {
      ...same,
      start: () => rehearsal.real(mode.start?.() ?? Promise.resolve()),
      close: () => rehearsal.real(Promise.resolve(mode.close?.())),
      create(shared, context) {
        const call = mode.create(shared, { ...context, clock: realClock })
        // One after the other: there is one thread.
        let last: Promise<unknown> = Promise.resolve()
        return (line, attempt) => {
          const made = last.then(() => call(line, attempt))
          last = made.catch(() => {})
          return rehearsal.real(made)
        }
      },
    }
  }
  const shape = { multi: flags.multi === true, raw: flags.raw === true, pass: flags.pass === true }
  return {
    ...same,
    create: () => async (line, attempt) => {
      refuseUnfit(mode, line)
      return readOutput(await rehearsal.call(attempt, line), shape)
    },
  }
}

/** A record that does not fill the arguments of the call fails as it does in a run. */
const refuseUnfit = (mode: Mode, line: Line): void => {
  try {
    mode.describe(line)
  } catch (error) {
    // Secrets are not read in a test, and what needs them cannot be described.
    if (error instanceof Failure) throw error
  }
}
