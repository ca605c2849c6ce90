import { Lines } from '../../core/lines.js'
import type { CreateProcessor } from '../../core/processor.js'
import { RecentLines } from '../../core/tables/recent-lines.js'
import { leaveHeld, stopTooLong } from './held.js'

export type LastOptions = {
  /** How many records. */
  readonly count: number
  /** Bytes of the records that are held at most; more end the run. */
  readonly maxBytes: number
}

/** Passes on the last `count` records, at the end of the input; the others count as filtered. */
export const createTakeLast: CreateProcessor<LastOptions> = ({ count, maxBytes }, context) => {
  if (count === 0) return { holdsNothing: true, push: lines => context.filter(lines.length) }
  const held = new RecentLines(count)
  let isTooLong = false

  return {
    holdsNothing: true,
    push(lines) {
      // Those in front of the last ones of this push cannot be among the last of all.
      const from = Math.max(0, lines.length - count)
      const before = held.size
      for (let index = from; index < lines.length; index++) {
        held.add(lines, index)
        if (held.bytes <= maxBytes) continue
        isTooLong = true
        context.filter(before + index + 1 - held.size)
        context.giveBack(lines.slice(index + 1))
        return stopTooLong(context, held.size, maxBytes)
      }
      context.filter(before + lines.length - held.size)
    },
    async end() {
      if (isTooLong) return leaveHeld(context, held)
      for (let line = held.shift(); line !== undefined; line = held.shift()) {
        await context.emit(Lines.fromLine(line))
      }
    },
  }
}
