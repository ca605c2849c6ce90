import type { CreateProcessor } from '../core/processor.js'

/** Drops the first `count` records and passes on the rest. */
export const createSkip: CreateProcessor<{ readonly count: number }> = ({ count }, { emit, filter }) => {
  let left = count
  return {
    holdsNothing: true,
    push(lines) {
      if (left === 0) return emit(lines)
      const dropped = Math.min(left, lines.length)
      left -= dropped
      filter(dropped)
      if (dropped < lines.length) return emit(lines.slice(dropped))
    },
  }
}
