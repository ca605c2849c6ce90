import { duration } from './duration.js'
import { InvalidValue } from './invalid-value.js'
import { type ValueParser, valueParser } from './value-parser.js'

/** A time in milliseconds of the wall clock: a duration ago (`2h`, `1d12h`), or a date or time in ISO 8601. Throws `InvalidValue`. */
export const moment = (now: () => number): ValueParser<number> =>
  valueParser({ wanted, example }, text => {
    const time = iso.test(text) ? Date.parse(text) : Number.NaN
    if (!Number.isNaN(time)) return time
    const ago = readDuration(text)
    if (ago === undefined) throw new InvalidValue(text, 'is not a time', wanted, example)
    return now() - ago
  })

// A date alone is UTC, a time without a zone is local: as ECMAScript reads them.
const iso = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)?)?$/
const wanted = 'a duration (that long ago), or a date or time'
const example = '2h, 2026-11-23 or 2026-11-23T10:00:00Z'

const readDuration = (text: string): number | undefined => {
  try {
    return duration(text)
  } catch {
    return undefined
  }
}
