import { joinWaits } from '../../core/join-waits.js'
import { joinLines, type Line } from '../../core/lines.js'
import type { Context, CreateProcessor } from '../../core/processor.js'
import { RecentLines } from '../../core/tables/recent-lines.js'
import { leaveHeld, stopTooLong } from '../take/held.js'
import type { LastOptions } from '../take/last.js'

/** Passes on all but the last `count` records, each once so many have come after it; the last count as filtered. */
export const createSkipLast: CreateProcessor<LastOptions> = ({ count, maxBytes }, context) => {
  if (count === 0) return { holdsNothing: true, push: lines => context.emit(lines) }
  const held = new RecentLines(count)
  let isTooLong = false

  return {
    holdsNothing: true,
    push(lines) {
      const passing = Math.max(0, held.size + lines.length - count)
      const fromHeld = Math.min(passing, held.size)
      const waiting = joinWaits(
        emitHeld(held, fromHeld, context),
        passing > fromHeld ? context.emit(lines.slice(0, passing - fromHeld)) : undefined,
      )
      for (let index = passing - fromHeld; index < lines.length; index++) {
        held.add(lines, index)
        if (held.bytes <= maxBytes) continue
        isTooLong = true
        context.giveBack(lines.slice(index + 1))
        stopTooLong(context, held.size, maxBytes)
        break
      }
      return waiting
    },
    end() {
      // What was cut short has not shown which records are the last.
      if (isTooLong || context.stopping.aborted) leaveHeld(context, held)
      else context.filter(held.size)
    },
  }
}

/** Neighbours of the input leave together. */
const emitHeld = (held: RecentLines, count: number, { emit }: Context): void | Promise<void> => {
  let waiting = undefined as void | Promise<void>
  let run: Line[] = []
  for (let left = count; left > 0; left--) {
    const line = held.shift() as Line
    const last = run.at(-1)
    if (last !== undefined && (line.number !== last.number + 1 || line.file !== last.file)) {
      waiting = joinWaits(waiting, emit(joinLines(run)))
      run = []
    }
    run.push(line)
  }
  return run.length === 0 ? waiting : joinWaits(waiting, emit(joinLines(run)))
}
