import { units } from '../../core/format-duration.js'
import { decimal, scale } from './decimal.js'
import { InvalidValue } from './invalid-value.js'
import { valueParser } from './value-parser.js'

const wanted = 'a number with a unit, or several starting with the largest unit'
const example = '250ms, 5s, 1h30m or 2d'

/** The longest duration taken, in milliseconds: 10 years of 365 days. */
export const maxDuration = 3650 * units.d

/** Milliseconds of `250ms`, `5s`, `1h30m`, `1.5s`, `2d` or `1w`; `0` needs no unit. Throws `InvalidValue`. */
export const duration = valueParser({ wanted, example, closed: true }, (text): number => {
  if (text === '0') return 0
  const parts = shape.exec(text)?.slice(1)
  if (!parts || text === '') throw new InvalidValue(text, 'is not a duration', wanted, example)
  const names = Object.values(units)
  const total = parts.reduce((sum, part, index) => sum + (part ? scale(part, names[index] ?? 0) : 0), 0)
  if (total > maxDuration) throw new InvalidValue(text, 'is longer than 10 years', wanted, example)
  return Number(total.toPrecision(15))
})

// Each unit once, from the largest on; only the last part may have a fraction.
const shape = new RegExp(
  `^${Object.keys(units)
    .map(unit => String.raw`(?:(\d+|${decimal}(?=${unit}$))${unit}${unit === 'm' ? '(?!s)' : ''})?`)
    .join('')}$`,
)
