import type { CreateProcessor } from '../core/processor.js'

/** Passes on the first `count` records, then wants no more: what comes after is not read. */
export const createTake: CreateProcessor<{ readonly count: number }> = ({ count }, { emit, stop }) => {
  let left = count
  return {
    start() {
      if (left === 0) stop()
    },
    room: () => left,
    push(lines) {
      left -= lines.length
      const held = emit(lines)
      if (left === 0) stop()
      return held
    },
  }
}
