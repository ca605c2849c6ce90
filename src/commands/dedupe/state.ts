import { exitCodes } from '../../cli/exit-codes.js'
import type { Shared } from '../../cli/stream/stage.js'
import { realClock } from '../../core/clock.js'
import type { Context } from '../../core/processor.js'
import { createSeenSieve } from '../../processors/dedupe.js'
import type { KeyOptions } from '../../processors/keyed/key-finder.js'
import { openSeenLog, type SeenLog } from '../../stores/seen-keys/seen-log.js'
import type { StoreError } from '../../stores/store-error.js'

export type SeenState = { readonly path: string; readonly ttl: number | undefined; readonly maxKeys: number }

/** Keeps seen keys in a file, which this run locks from `begin` to `finish`. */
export const prepareState = (state: SeenState, by: KeyOptions | undefined) => {
  let log: SeenLog | undefined
  let stop = (_: StoreError): void => {}
  const warnings: string[] = []
  let warn = (message: string): void => {
    warnings.push(message)
  }
  return {
    begin() {
      log = openSeenLog({ ...state, clock: realClock, warn: message => warn(message), onError: error => stop(error) })
    },
    create({ messages, watch }: Shared, context: Context) {
      if (log === undefined) throw new Error('The file was not opened')
      const { table, left, receipt, record } = log
      warn = messages.warn
      for (const message of warnings) warn(message)
      stop = error =>
        context.stop({ exit: exitCodeOf(error), message: `Cannot remember what was seen: ${error.message}` })
      watch(receipt, record)
      return createSeenSieve({ by, seen: table, now: () => Math.floor(context.clock.wall()), left }, context)
    },
    finish: async () => log?.close(),
  }
}

const exitCodeOf = ({ code }: StoreError) => (code === 'busy' ? exitCodes.temporary.code : exitCodes.io.code)
