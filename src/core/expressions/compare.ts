import { compareCodePoints } from '../json/compare-code-points.js'
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
  return compareDigits(bytes.toString('latin1', start, end), known.json)
}

const isSame = (bytes: Buffer, start: number, end: number, others: Buffer): boolean => {
  if (end - start !== others.length) return false
  for (let at = start; at < end; at++) if (bytes[at] !== others[at - start]) return false
  return true
}

const compareDigits = (one: string, other: string): Standing => {
  const a = normalize(one)
  const b = normalize(other)
  if (a.sign !== b.sign) return a.sign < b.sign ? -1 : 1
  const isLess = a.point === b.point ? a.digits < b.digits : a.point < b.point
  if (a.point === b.point && a.digits === b.digits) return 0
  return isLess === a.sign > 0 ? -1 : 1
}

type Normal = { readonly sign: number; readonly digits: string; readonly point: number }

/** A number is `0.DIGITS` times ten to the power of `point`. */
const normalize = (json: string): Normal => {
  const [, minus, whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE](.+))?$/.exec(json) ?? []
  const all = whole + fraction
  const digits = all.replace(/^0+/, '')
  if (digits === '') return { sign: 0, digits, point: 0 }
  const point = whole.length - (all.length - digits.length) + Number(exponent)
  return { sign: minus === '-' ? -1 : 1, digits: digits.replace(/0+$/, ''), point }
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
