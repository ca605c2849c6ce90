import type { Context } from '../../core/processor.js'
import { createOutage } from '../../core/rules/outage.js'
import { stopCodes } from '../../core/stop-codes.js'

/** A context that ends the run when the final outcomes look like an outage rather than like bad records. */
export const stopAtOutage = (context: Context): Context => {
  const outage = createOutage()
  let stopped = false
  const look = () => {
    if (stopped || !outage.isOn) return
    stopped = true
    context.event('dlq.brake', { transient: outage.passing, outcomes: outage.outcomes })
    context.stop({
      exit: stopCodes.temporary,
      message: `Stopped: ${outage.passing} of the last ${outage.outcomes} records failed temporarily, which looks like an outage; try again later, or continue anyway with --dlq-outage off`,
    })
  }
  return {
    ...context,
    emit(lines, records = lines.length) {
      const held = context.emit(lines, records)
      outage.settle(undefined)
      return held
    },
    filter(records, number) {
      context.filter(records, number)
      outage.settle(undefined)
    },
    reject(line, failure, attempts, kept) {
      context.reject(line, failure, attempts, kept)
      // That one failed in an earlier run.
      if (kept === 'already') return
      outage.settle(failure)
      look()
    },
  }
}
