import { type Path, parsePath } from '../../core/json/path.js'
import { decimal, scale } from './decimal.js'
import { duration, maxDuration } from './duration.js'
import { InvalidValue } from './invalid-value.js'
import { sizeUnits } from './size.js'
import { valueParser } from './value-parser.js'

const wanted = { wanted: 'a number and a unit', example: '10/s, 600/m, 1000/h or 5MB/s' }

export type Rate = {
  /** Records, or bytes when `bytes` is true, above 0 and not always whole. */
  readonly count: number
  /** In this many milliseconds. */
  readonly per: number
  readonly bytes: boolean
}

/** The rate of `10/s`, `0.5/s`, `600/m`, `100/10s`, `5MB/s` or `64KiB/m`. Throws `InvalidValue`. */
export const rate = valueParser({ ...wanted, closed: true }, (text): Rate => {
  const [, digits, unit, time] = shape.exec(text) ?? []
  const per = time === undefined ? undefined : period(time)
  if (digits === undefined || !per) throw invalid(text, 'is not a rate')
  const count = scale(digits, sizeUnits[unit ?? 'B'] ?? 1)
  if (count === 0) throw invalid(text, 'lets nothing through')
  if (count > Number.MAX_SAFE_INTEGER) throw invalid(text, 'is too large to count')
  if (per / count > maxDuration) throw invalid(text, 'is less than one in 10 years')
  return { count, per, bytes: unit !== undefined }
})

/** A rate, what a record weighs in it, and how many units may pass at once. */
export type WeighedRate = Rate & {
  /** The normalized text of the rate, by which a state file identifies it. */
  readonly text: string
  /** A record weighs as much as this number in it; 1, or its bytes, unless given. */
  readonly of: Path | undefined
  /** Undefined: 1. */
  readonly burst: number | undefined
}

const weighed = {
  wanted: 'a rate, optionally followed by of PATH and burst N',
  example: "10/s or '200000/m of .tokens burst 20000'",
}

/** The rate of `10/s`, `'200000/m of .tokens burst 20000'` or `'500/m burst 20'`. Throws `InvalidValue`. */
export const weighedRate = valueParser({ ...weighed, closed: true }, (text): WeighedRate => {
  const wrong = (problem: string) => new InvalidValue(text, problem, weighed.wanted, weighed.example)
  const [first = '', ...words] = text.trim().split(/\s+/)
  const base = rate(first)
  let of: Path | undefined
  let burst: number | undefined
  for (let at = 0; at < words.length; at += 2) {
    const value = words[at + 1]
    if (value === undefined) throw wrong(`ends after ${words[at]}`)
    if (words[at] === 'of' && of === undefined) of = parsePath(value)
    else if (words[at] === 'burst' && burst === undefined && /^[1-9]\d*$/.test(value)) burst = Number(value)
    else throw wrong(`has ${words[at]} ${value}`)
  }
  if (base.bytes && of !== undefined) throw wrong('is a rate of bytes and cannot be combined with of PATH')
  const parts = [
    first,
    ...(of === undefined ? [] : [`of ${of.text}`]),
    ...(burst === undefined ? [] : [`burst ${burst}`]),
  ]
  return { ...base, text: parts.join(' '), of, burst }
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
