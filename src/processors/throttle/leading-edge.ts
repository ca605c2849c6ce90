import type { CreateProcessor } from '../../core/processor.js'

/** Passes one record, then drops the rest (counted as filtered) until `every` milliseconds have passed. */
export const createLeadingEdge: CreateProcessor<{ readonly every: number }> = ({ every }, context) => {
  let open = Number.NEGATIVE_INFINITY
  return {
    holdsNothing: true,
    push(lines) {
      const now = context.clock.now()
      const passing = now >= open ? 1 : 0
      if (passing === 1) open = now + every
      const ignored = lines.length - passing
      context.filter(ignored)
      if (ignored > 0) context.event('throttle.drop', { n: ignored })
      if (passing === 1) return context.emit(lines.slice(0, 1))
    },
  }
}
