import { runStream } from '../../cli/stream/run-stream.js'
import { chooseMode, prepareMap } from '../map/job.js'
import { checkMapFlags } from '../map/options.js'
import { createGuard } from './guard.js'
import { type BreakerFlags, checkBreakerFlags, toBreakerOptions } from './options.js'
import { makePlace } from './state-place.js'

/** `map` with a circuit around each attempt. */
export const runBreaker = (
  flags: BreakerFlags,
  files: readonly string[],
  rest: readonly string[] | undefined,
): Promise<number> => {
  checkMapFlags(flags)
  checkBreakerFlags(flags)
  toBreakerOptions(flags, 'breaker')
  const mode = chooseMode(flags, rest, 'breaker')
  const job = {
    command: 'breaker',
    options: flags,
    files,
    killAfter: flags.killAfter,
    killNow: mode.killNow,
  }
  if (flags.dryRun) return runStream({ ...job, create: prepareMap(mode, flags) })
  const place = makePlace(flags)
  return runStream({
    ...job,
    writes: { '--state': place.path, '--events': flags.events },
    create: (shared, context) => {
      const guard = createGuard(flags, place, shared, context)
      const processor = prepareMap(mode, flags, { wrap: guard.wrap })(shared, context)
      return {
        ...processor,
        async start() {
          await guard.start()
          await processor.start?.()
        },
        async end() {
          await processor.end?.()
          await guard.close()
        },
      }
    },
  })
}
