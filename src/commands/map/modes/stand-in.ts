import type { Shared } from '../../../cli/stream/stage.js'
import { Failure } from '../../../core/failure.js'
import type { Line } from '../../../core/lines.js'
import type { Mode } from './mode.js'

/** In the test of a job: the same way of calling, with what is called in the place of the real call. */
export const standIn = (mode: Mode, { chooseCall }: Shared): Mode => {
  if (chooseCall === undefined) return mode
  const { describe, killNow, retries, inFlight, start, close } = mode
  const same = {
    describe,
    killNow,
    ...(retries === undefined ? {} : { retries }),
    ...(inFlight === undefined ? {} : { inFlight }),
  }
  if (mode.runsHere) {
    return {
      ...same,
      ...(start === undefined ? {} : { start: () => start.call(mode) }),
      ...(close === undefined ? {} : { close: () => close.call(mode) }),
      create: (shared, context) => chooseCall(() => mode.create(shared, context), true),
    }
  }
  return {
    ...same,
    create() {
      const call = chooseCall(() => {
        throw new Error('Nothing outside is called in a test')
      }, false)
      return async (line, context) => {
        refuseUnfit(mode, line)
        return call(line, context)
      }
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
