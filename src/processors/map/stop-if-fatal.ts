import type { Failure } from '../../core/failure.js'
import type { Context } from '../../core/processor.js'
import { stopCodes } from '../../core/stop-codes.js'

/** Ends the run when a record has failed with what no other record will get past. */
export const stopIfFatal = ({ failureClass, facts, message }: Failure, { stop }: Pick<Context, 'stop'>): void => {
  if (failureClass !== 'fatal') return
  stop({ exit: facts.exit === stopCodes.notExecutable ? stopCodes.notExecutable : stopCodes.notFound, message })
}
