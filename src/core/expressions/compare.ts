import { compareCodePoints } from '../json/compare-code-points.js'
import { compareDecimals } from '../json/compare-decimals.js'
import { readNumber } from '../json/read-number.js'
import { readString } from '../json/read-string.js'

/** How one value stands to another: less -1, the same 0, greater 1; `unlike` when there is no order between them. */
export type Standing = -1 | 0 | 1 | 2
export const unlike = 2

/** A number as JSON, its bytes and its double. */
export type KnownNumber = { readonly json: string; readonly bytes: Buffer; readonly value: number }

export const knowNumber = (json: string): KnownNumber => ({ json, bytes: Buffer.from(json), value: Number(json) })

/** A JSON value, whole and without space around it, against a number: exactly, however many digits they have. */
export const compareNumber = (bytes: Buffer, start: number, end: number, known: KnownNumber): Standing => {
  const number = readNumber(bytes, start, end)
  if (number === undefined) return unlike
  // Doubles keep the order, but for those that become the same.
  if (number !== known.value) return number < known.value ? -1 : 1
  if (isSame(bytes, start, end, known.bytes)) return 0
  return toStanding(compareDecimals(bytes.toString('latin1', start, end), known.json))
}

const isSame = (bytes: Buffer, start: number, end: number, others: Buffer): boolean => {
  if (end - start !== others.length) return false
  for (let at = start; at < end; at++) if (bytes[at] !== others[at - start]) return false
  return true
}

/** Two JSON strings, by code points. Plain ones are compared where they stand: the order of UTF-8 is the same. */
export const compareStrings = (
  bytes: Buffer,
  start: number,
  end: number,
  others: Buffer,
  otherStart: number,
  otherEnd: number,
): Standing => {
  const shift = otherStart - start
  const last = end - 1
  const until = Math.min(last, otherEnd - 1 - shift)
  let at = start + 1
  for (; at < until; at++) {
    const byte = bytes[at] as number
    const other = others[at + shift] as number
    if (byte === other && byte !== backslash) continue
    if (byte === backslash || other === backslash) break
    return byte < other ? -1 : 1
  }
  if (at < until) {
    return toStanding(
      compareCodePoints(readString(bytes, start, end) ?? '', readString(others, otherStart, otherEnd) ?? ''),
    )
  }
  return at < last ? 1 : at + shift < otherEnd - 1 ? -1 : 0
}

const backslash = 0x5c

const toStanding = (difference: number): Standing => (difference < 0 ? -1 : difference > 0 ? 1 : 0)
