import { readNumber } from './read-number.js'

/** Compares two JSON numbers by their exact values: below 0 when the first is smaller, 0 when they are equal. */
export const compareNumbers = (
  left: Buffer,
  leftStart: number,
  leftEnd: number,
  right: Buffer,
  rightStart: number,
  rightEnd: number,
): number => {
  const one = readNumber(left, leftStart, leftEnd) as number
  const other = readNumber(right, rightStart, rightEnd) as number
  // Rounding to doubles never turns an order around, but it makes neighbours equal.
  if (one !== other) return one < other ? -1 : 1
  if (isShort(left, leftStart, leftEnd) && isShort(right, rightStart, rightEnd)) return 0
  return compareDecimals(readDecimal(left, leftStart, leftEnd), readDecimal(right, rightStart, rightEnd))
}

/** Whether a JSON number has no fraction: `1`, `1.0` and `1e3`. */
export const isWhole = (bytes: Buffer, start: number, end: number): boolean => {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number
    if (byte === 0x2e || byte === 0x65 || byte === 0x45) {
      const { digits, exponent } = readDecimal(bytes, start, end)
      return digits.length <= exponent || digits === ''
    }
  }
  return true
}

// Up to 15 digits are told apart by doubles, unless an exponent makes them too large or too small.
const isShort = (bytes: Buffer, start: number, end: number): boolean => {
  if (end - start > 15) return false
  for (let at = start; at < end; at++) if (((bytes[at] as number) | 0x20) === 0x65) return false
  return true
}

/** `0.DIGITS` times ten to the `exponent`; no digits for zero. */
type Decimal = { readonly sign: number; readonly digits: string; readonly exponent: number }

const readDecimal = (bytes: Buffer, start: number, end: number): Decimal => {
  const [, minus, whole = '', fraction = '', power = '0'] = shape.exec(bytes.toString('latin1', start, end)) ?? []
  const all = whole + fraction
  const zeros = /^0*/.exec(all)?.[0].length ?? 0
  const digits = all.slice(zeros).replace(/0+$/, '')
  if (digits === '') return { sign: 0, digits, exponent: 0 }
  return { sign: minus === '-' ? -1 : 1, digits, exponent: whole.length - zeros + Number(power) }
}

const shape = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

const compareDecimals = (left: Decimal, right: Decimal): number => {
  if (left.sign !== right.sign) return left.sign - right.sign
  if (left.exponent !== right.exponent) return left.exponent < right.exponent ? -left.sign : left.sign
  if (left.digits === right.digits) return 0
  return left.digits < right.digits ? -left.sign : left.sign
}
