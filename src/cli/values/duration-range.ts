import { duration } from './duration.js'
import { InvalidValue } from './invalid-value.js'
import { valueParser } from './value-parser.js'

const range = { wanted: 'the shortest and the longest duration', example: '500ms..30s' }

/** Two durations in milliseconds. */
export type DurationRange = { readonly min: number; readonly max: number }

/** The waits of `500ms..30s`, the shorter first. `0..0` is no wait; doubling from 0 to more is refused. Throws `InvalidValue`. */
export const durationRange = valueParser({ ...range, closed: true }, (text): DurationRange => {
  const [from, to, ...more] = text.split('..')
  if (from === undefined || to === undefined || more.length > 0) throw invalid(text, 'is not a range of durations')
  const min = part(text, from)
  const max = part(text, to)
  if (min > max) throw invalid(text, 'starts with the longer one')
  if (min === 0 && max > 0) throw invalid(text, 'starts with 0, which never grows')
  return { min, max }
})

const invalid = (text: string, problem: string) => new InvalidValue(text, problem, range.wanted, range.example)

const part = (text: string, piece: string) => {
  try {
    return duration(piece)
  } catch {
    throw invalid(text, 'is not a range of durations')
  }
}
