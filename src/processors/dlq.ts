import type { Lines } from '../core/lines.js'
import type { CreateProcessor } from '../core/processor.js'

export type TakeOutOptions = {
  /** Keeps failure records. */
  readonly keep: (lines: Lines) => void
}

/** Removes the failure records of earlier stages from the stream; good records pass. */
export const createTakeOut: CreateProcessor<TakeOutOptions> = ({ keep }, { emit }) => ({
  holdsNothing: true,
  push: lines => emit(lines),
  failures: keep,
})
