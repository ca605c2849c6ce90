import { InvalidValue } from './invalid-value.js'
import { type ValueParser, valueParser } from './value-parser.js'

/** Makes a parser of whole numbers from `min` to `max`; `1e6` is a million. The parser throws `InvalidValue`. */
export const wholeNumber = (
  min = 0,
  max = Number.MAX_SAFE_INTEGER,
  example = String(Math.min(Math.max(min, 10), max)),
): ValueParser<number> =>
  valueParser({ wanted: describe(min, max), example, closed: true, pattern: String.raw`^\d+(?:e\d+)?$` }, text => {
    const number = /^\d+(?:e\d+)?$/.test(text) ? Number(text) : Number.NaN
    if (number >= min && number <= max) return number
    const problem = Number.isNaN(number) ? 'is not a whole number' : number < min ? 'is too small' : 'is too large'
    throw new InvalidValue(text, problem, describe(min, max), example)
  })

const describe = (min: number, max: number) =>
  max < Number.MAX_SAFE_INTEGER
    ? `a whole number from ${min} to ${max}`
    : `a whole number${min > 0 ? ` of at least ${min}` : ''}`
