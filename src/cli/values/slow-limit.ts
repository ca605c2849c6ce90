import { duration } from './duration.js'
import { InvalidValue } from './invalid-value.js'
import { percentage } from './percentage.js'
import { valueParser } from './value-parser.js'

const wanted = {
  wanted: 'a duration above 0, and the share of calls above 0% that may not be slower',
  example: '2s or 2s:80%',
}

/** Calls that take longer than `limit` milliseconds are slow; `rate` of them, 0 to 1, is too many. */
export type SlowLimit = { readonly limit: number; readonly rate: number }

/** The limit of `2s` (half of the calls) or `2s:80%`. Throws `InvalidValue`. */
export const slowLimit = valueParser({ ...wanted, closed: true }, (text): SlowLimit => {
  const [time = '', share, ...more] = text.split(':')
  try {
    const limit = duration(time)
    const rate = share === undefined ? 0.5 : percentage(share)
    if (more.length === 0 && limit > 0 && rate > 0) return { limit, rate }
  } catch {
    // Told below, as a whole.
  }
  throw new InvalidValue(text, 'is not a limit for slow calls', wanted.wanted, wanted.example)
})
