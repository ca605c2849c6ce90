import type { Lines } from '../lines.js'
import type { Context, Processor } from '../processor.js'

/** A `push` that settles its lines one after another: the next one is looked at once what the last has emitted is taken. */
export const createPushEach = (
  { stopping, giveBack }: Context,
  settle: (lines: Lines, index: number) => void | Promise<void>,
): Processor['push'] => {
  const rest = async (first: Promise<void>, lines: Lines, from: number): Promise<void> => {
    await first
    for (let index = from; index < lines.length; index++) await settle(lines, index)
  }
  return lines => {
    for (let index = 0; index < lines.length; index++) {
      const held = settle(lines, index)
      if (held !== undefined) return rest(held, lines, index + 1)
      if (stopping.aborted) return giveBack(lines.slice(index + 1))
    }
  }
}
