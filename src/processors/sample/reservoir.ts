import { Failure } from '../../core/failure.js'
import { Lines } from '../../core/lines.js'
import type { CreateProcessor } from '../../core/processor.js'
import { stopCodes } from '../../core/stop-codes.js'
import { LineStore } from '../../core/tables/line-store.js'

export type ReservoirOptions = {
  /** Size of the sample; smaller if the input has fewer records. */
  readonly count: number
  /** Returns a random number from 0 to below 1. */
  readonly random: () => number
  /** Maximum number of held bytes; a larger sample stops the run. */
  readonly maxBytes: number
}

/**
 * Chooses `count` records of the input, each with the same probability, and emits them at its end, in input order. If they are
 * larger than `maxBytes`, the run stops (exit 74) and nothing is emitted.
 * K.-H. Li, "Reservoir-sampling algorithms of time complexity O(n(1 + log(N/n)))", 1994: algorithm L.
 */
export const createReservoir: CreateProcessor<ReservoirOptions> = ({ count, random, maxBytes }, context) => {
  const lines = new LineStore()
  // For each slot, the position of its record in the input.
  const order: number[] = []
  let seen = 0
  let weight = 1
  // The position in the input of the next record that replaces another.
  let next = count === 0 ? Number.POSITIVE_INFINITY : count - 1
  let isTooLarge = false

  const skip = (): void => {
    weight *= Math.exp(Math.log(positive(random)) / count)
    next += Math.floor(Math.log(positive(random)) / Math.log1p(-weight)) + 1
  }

  const keep = (pushed: Lines, index: number, slot: number): void => {
    lines.put(slot, pushed, index)
    order[slot] = seen
    isTooLarge = lines.bytes > maxBytes
  }

  return {
    holdsNothing: true,
    push(pushed) {
      let dropped = 0
      for (let index = 0; index < pushed.length; index++, seen++) {
        if (seen < count) {
          keep(pushed, index, seen)
          if (seen === count - 1) skip()
        } else if (seen < next) {
          // Skips all records before the next chosen one at once.
          const passed = Math.min(next - seen, pushed.length - index)
          dropped += passed
          index += passed - 1
          seen += passed - 1
          continue
        } else {
          dropped++
          keep(pushed, index, Math.floor(random() * count))
          skip()
        }
        if (!isTooLarge) continue
        context.filter(dropped)
        context.giveBack(pushed.slice(index + 1))
        const message = `The ${order.length} records of the sample are larger than --max-bytes ${maxBytes}; use a larger limit or a smaller N`
        return context.stop({ exit: stopCodes.io, message })
      }
      context.filter(dropped)
    },
    async end() {
      const slots = order
        .map((_, slot) => slot)
        .toSorted((one, other) => (order[one] as number) - (order[other] as number))
      for (const slot of slots) {
        const line = lines.read(slot)
        // A sample of part of the input is not a sample of the input.
        if (!isTooLarge) await context.emit(Lines.fromLine(line))
        else if (context.leave !== undefined) context.leave(line, 1)
        else context.reject(line, new Failure('cancelled', 'transient', 'Cancelled: the sample is too large'))
        lines.remove(slot)
      }
    },
  }
}

const positive = (random: () => number): number => 1 - random()
