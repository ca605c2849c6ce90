import { prepareServers } from '../../cli/servers/prepare.js'
import type { Stage } from '../../cli/stream/stage.js'
import { nameProgram } from '../../cli/who.js'
import { chooseMode, createMapPatience, prepareMap } from '../map/job.js'
import { prepareJournal } from '../map/journal/prepare.js'
import { namedFiles } from '../map/named-files.js'
import { checkMapFlags } from '../map/options.js'
import { createGuard } from './guard.js'
import { type BreakerFlags, checkBreakerFlags, toBreakerOptions } from './options.js'
import { sharePauses } from './share-pauses.js'
import { findPlace, makePlace } from './state-place.js'

/** `map` with a circuit around each attempt. */
export const prepareBreaker = (
  flags: BreakerFlags,
  files: readonly string[],
  rest: readonly string[] | undefined,
): Stage => {
  checkMapFlags(flags)
  checkBreakerFlags(flags)
  toBreakerOptions(flags, 'breaker')
  const mode = chooseMode(flags, rest, 'breaker')
  const journal = prepareJournal(flags, rest, 'breaker')
  const job = {
    command: 'breaker',
    options: flags,
    files,
    killAfter: flags.killAfter,
    killNow: mode.killNow,
    begin: mode.begin,
    reads: namedFiles(flags),
    rest,
    journal,
  }
  if (flags.dryRun) return { ...job, create: prepareMap(mode, flags) }
  const place = findPlace(flags)
  const servers = prepareServers(flags, { '--state': flags.state || undefined, '--rate-state': flags.rateState })
  return {
    ...job,
    async begin() {
      mode.begin?.()
      await servers.connect()
      makePlace(flags)
    },
    writes: {
      '--state': place.path,
      '--events': flags.events,
      '--rate-state': flags.rateState,
      '--journal': journal?.path,
    },
    create: (shared, context) => {
      servers.tellRisks(shared.messages.warn)
      const patience = createMapPatience(flags, shared, context)
      const circuit = createGuard(flags, place, shared, context, patience, nameProgram(rest))
      const { guard, keyOf } = circuit
      const breaker = keyOf === undefined ? { guard } : { guard, keyOf }
      const told = sharePauses(place.path, shared, context)
      const processor = prepareMap(mode, flags, {
        breaker,
        patience,
        createPauses: told.create,
        journal,
      })(shared, context)
      return {
        ...processor,
        async start() {
          await circuit.start()
          await told.start()
          await processor.start?.()
        },
        async end() {
          await processor.end?.()
          await circuit.close()
          await told.close()
        },
      }
    },
  }
}
