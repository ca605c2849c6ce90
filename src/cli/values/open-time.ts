import { duration } from './duration.js'
import { type DurationRange, durationRange } from './duration-range.js'
import { InvalidValue } from './invalid-value.js'
import { valueParser } from './value-parser.js'

const wanted = 'a duration above 0, or the shortest and the longest'
const example = '30s or 30s..5m'

/** The times of `30s..5m`, which doubles from the first to the second, or `30s`, which stays. Above 0. Throws `InvalidValue`. */
export const openTime = valueParser({ wanted, example, closed: true }, (text): DurationRange => {
  const range = text.includes('..') ? durationRange(text) : fixed(text)
  if (range.min > 0) return range
  throw new InvalidValue(text, 'is zero', wanted, example)
})

const fixed = (text: string) => {
  const time = duration(text)
  return { min: time, max: time }
}
