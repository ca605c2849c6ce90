import { readNumber } from '../core/json/read-number.js'
import { readString } from '../core/json/read-string.js'

/** A value to compare fields with: as text for strings, as a number for numbers, as JSON for the rest. */
export type Match = { readonly text: string }

/**
 * Tells whether the value at a byte range is the wanted one: a string with this text, a number of this value, or `true`,
 * `false`, `null` written so. A missing field (start -1) never is.
 */
export const createMatcher = ({ text }: Match): ((bytes: Buffer, start: number, end: number) => boolean) => {
  const number = text.trim() === '' ? Number.NaN : Number(text)
  return (bytes, start, end) => {
    if (start === -1) return false
    const first = bytes[start]
    if (first === 0x22) return readString(bytes, start, end) === text
    if (first === 0x2d || (first !== undefined && first >= 0x30 && first <= 0x39)) {
      return readNumber(bytes, start, end) === number
    }
    return bytes.toString('latin1', start, end) === text
  }
}
