import type { CreateProcessor } from '../core/processor.js'

/** Passes on the first `count` records, then stops reading. */
export const createTake: CreateProcessor<{ readonly count: number }> = ({ count }, { emit, giveBack, stop }) => {
  let left = count
  return {
    holdsNothing: true,
    start() {
      if (left === 0) stop()
    },
    push(lines) {
      const taken = Math.min(left, lines.length)
      left -= taken
      giveBack(lines.slice(taken))
      const held = emit(lines.slice(0, taken))
      if (left === 0) stop()
      return held
    },
  }
}
