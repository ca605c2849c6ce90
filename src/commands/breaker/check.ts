import { exitCodes } from '../../cli/exit-codes.js'
import { createMessages } from '../../cli/messages.js'
import { isOpen } from '../../core/breaker/breaker.js'
import { describe } from '../../core/breaker/describe.js'
import type { Breaker } from '../../core/breaker/model.js'
import { StoreError } from '../../stores/store-error.js'
import { listStates } from './list-states.js'
import type { VerbFlags } from './options.js'
import { readCurrent } from './read-current.js'
import { logOf } from './record-changes.js'

/**
 * Exit 0 when a run would make calls: closed, or a probe is due; 75 when it is open. With a folder of keys: 75 when all of
 * them are open. What cannot be read counts as closed, as a run would start.
 */
export const checkState = async (path: string, flags: VerbFlags): Promise<number> => {
  const messages = createMessages('breaker check', flags.color, flags.quiet === true)
  const open: { readonly breaker: Breaker; readonly now: number }[] = []
  const files = await listStates(path)
  for (const file of files) {
    try {
      const found = await readCurrent(file, { log: logOf(path), warn: messages.warn })
      if (found !== undefined && isOpen(found.breaker, found.now)) open.push(found)
    } catch (error) {
      if (!(error instanceof StoreError) || flags.stateStrict) throw error
      messages.warn(`${error.message}; treated as closed`)
    }
  }
  const isClosed = open.length < files.length || files.length === 0
  if (!isClosed) for (const { breaker, now } of open) messages.warn(describe(breaker, now).sentences.join('. '))
  await messages.output.flush()
  messages.output.close()
  return isClosed ? exitCodes.ok.code : exitCodes.temporary.code
}
