import { Failure } from '../../core/failure.js'
import type { CreateProcessor } from '../../core/processor.js'

/** Rejects every record as `unmatched`: the end of a branch, by its name, whose records are kept as failures. */
export const createDeadEnd: CreateProcessor<{ readonly branch: string }> = ({ branch }, context) => ({
  holdsNothing: true,
  push(lines) {
    for (let index = 0; index < lines.length; index++) {
      const line = lines.at(index)
      const message = `Line ${line.number} went to the branch ${branch}, which ends in a dead-letter file`
      context.reject(line, new Failure('unmatched', 'input', message))
      if (context.stopping.aborted) return context.giveBack(lines.slice(index + 1))
    }
  },
})
