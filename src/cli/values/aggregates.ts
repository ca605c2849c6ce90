import { type AggregateSpec, aggregateNames, parseAggregates, UnknownAggregate } from '../../core/aggregates/parse.js'
import { nearest } from '../help/nearest.js'
import { valueParser } from './value-parser.js'

/** The figures of `n=count, total=sum(.amount)`. Throws a RangeError that says what is wrong. */
export const aggregates = valueParser(
  { wanted: 'figures, each with a name', example: "'n=count' or 'total=sum(.amount)'" },
  (text): readonly AggregateSpec[] => {
    try {
      return parseAggregates(text)
    } catch (error) {
      const meant = error instanceof UnknownAggregate ? nearest(error.given, aggregateNames) : undefined
      if (meant === undefined) throw error
      throw new RangeError(`${(error as Error).message}; did you mean ${meant}?`)
    }
  },
)
