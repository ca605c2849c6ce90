import { Failure } from '../../core/failure.js'
import type { Context } from '../../core/processor.js'
import { stopCodes } from '../../core/stop-codes.js'
import type { RecentLines } from '../../core/tables/recent-lines.js'

/** Ends the run: so many records are more than may be held. */
export const stopTooLong = ({ stop }: Context, records: number, maxBytes: number): void =>
  stop({
    exit: stopCodes.io,
    message: `The last ${records} records are longer than --max-bytes ${maxBytes}: give more, or a smaller N`,
  })

/** Whether they are among the last will not be known any more: they are left to the next run. */
export const leaveHeld = ({ leave, reject }: Context, held: RecentLines): void => {
  for (let line = held.shift(); line !== undefined; line = held.shift()) {
    if (leave !== undefined) leave(line, 1)
    else reject(line, new Failure('cancelled', 'transient', 'Cancelled: it is not known whether it is among the last'))
  }
}
