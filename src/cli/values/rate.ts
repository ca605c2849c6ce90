import { decimal, scale } from './decimal.js'
import { duration, maxDuration } from './duration.js'
import { InvalidValue } from './invalid-value.js'
import { sizeUnits } from './size.js'
import { valueParser } from './value-parser.js'

const wanted = { wanted: 'a number and a unit', example: '10/s, 600/m, 1000/h or 5MB/s' }

export type Rate = {
  /** Records, or bytes when `bytes` is true, above 0 and not always whole. */
  readonly count: number
  /** In so many milliseconds. */
  readonly per: number
  readonly bytes: boolean
}

/** The rate of `10/s`, `0.5/s`, `600/m`, `100/10s`, `5MB/s` or `64KiB/m`. Throws `InvalidValue`. */
export const rate = valueParser(wanted, (text): Rate => {
  const [, digits, unit, time] = shape.exec(text) ?? []
  const per = time === undefined ? undefined : period(time)
  if (digits === undefined || !per) throw invalid(text, 'is not a rate')
  const count = scale(digits, sizeUnits[unit ?? 'B'] ?? 1)
  if (count === 0) throw invalid(text, 'lets nothing through')
  if (count > Number.MAX_SAFE_INTEGER) throw invalid(text, 'is too large to count')
  if (per / count > maxDuration) throw invalid(text, 'is less than one in 10 years')
  return { count, per, bytes: unit !== undefined }
})

const shape = new RegExp(`^(${decimal})(${Object.keys(sizeUnits).join('|')})?/(.+)$`)

const invalid = (text: string, problem: string) => new InvalidValue(text, problem, wanted.wanted, wanted.example)

// A unit alone is one of it.
const period = (time: string): number | undefined => {
  try {
    return duration(/^\d/.test(time) ? time : `1${time}`)
  } catch {
    return undefined
  }
}
