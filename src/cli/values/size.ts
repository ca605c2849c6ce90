import { decimal, scale } from './decimal.js'
import { InvalidValue } from './invalid-value.js'
import { valueParser } from './value-parser.js'

const wanted = 'a number of bytes, with or without a unit'
const example = '500, 64KiB or 1MB'

/** Bytes in each unit: KiB counts in 1024, KB (or kB) in 1000. */
export const sizeUnits: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
}

/** Whole bytes, at least 1, of `64KiB`, `1MB`, `1.5MiB` or `500`; what is less than a byte is dropped. Throws `InvalidValue`. */
export const size = valueParser({ wanted, example, closed: true }, (text): number => {
  const [, digits = '', unit = ''] = shape.exec(text) ?? []
  if (digits === '') throw new InvalidValue(text, bareLetter(text) ?? 'is not a size', wanted, example)
  if (digits.includes('.') && (unit === '' || unit === 'B')) {
    throw new InvalidValue(text, 'is not a whole number of bytes', wanted, example)
  }
  const bytes = Math.floor(scale(digits, sizeUnits[unit || 'B'] ?? 1))
  if (bytes < 1) throw new InvalidValue(text, 'is less than a byte', wanted, example)
  if (bytes > Number.MAX_SAFE_INTEGER) throw new InvalidValue(text, 'is too large to count', wanted, example)
  return bytes
})

const shape = new RegExp(`^(${decimal})(${Object.keys(sizeUnits).join('|')})?$`)

// head and dd count K in 1024, disks and networks in 1000: asking is cheaper than guessing.
const bareLetter = (text: string) => {
  const [, letter] = /^[\d.]+([kKMGT])$/.exec(text) ?? []
  if (letter === undefined) return undefined
  const upper = letter.toUpperCase()
  return `does not say whether it means ${upper}iB (counted in 1024) or ${upper}B (in 1000)`
}
