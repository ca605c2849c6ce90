import { readNumber } from '../json/read-number.js'

/** A JSON number: as a double, and exactly when it is an integer that a double does not hold. */
export type Figure = { value: number; isInteger: boolean; long: bigint | undefined }

/** Reads a number into a figure; false for everything else, and for a number too large for a double. */
export const readFigure = (into: Figure, bytes: Buffer, start: number, end: number): boolean => {
  const value = readNumber(bytes, start, end)
  if (value === undefined || !Number.isFinite(value)) return false
  into.value = value
  into.isInteger = Number.isSafeInteger(value)
  into.long = undefined
  if (end - start <= 15) return true
  const text = bytes.toString('latin1', start, end)
  if (/^-?\d+$/.test(text)) {
    into.isInteger = true
    into.long = Number.isSafeInteger(value) ? undefined : BigInt(text)
  } else if (into.isInteger) {
    // 9007199254740992.5 and its like are read as an integer that they are not.
    into.isInteger = /^-?\d+(?:\.0+)?$/.test(text) || /[eE]/.test(text)
  }
  return true
}
