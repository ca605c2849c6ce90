import { readNumber } from './read-number.js'

/**
 * The moment in milliseconds since 1970 that a value stands for: a string as RFC 3339 has it, with its zone, or a number,
 * which is seconds below 1e11 and milliseconds below 1e14; undefined for everything else.
 */
export const readTime = (bytes: Buffer, start: number, end: number): number | undefined => {
  if (bytes[start] === 0x22) return readText(bytes, start + 1, end - 1)
  const number = readNumber(bytes, start, end)
  if (number === undefined || number < 0 || number >= 1e14) return undefined
  return number < 1e11 ? number * 1000 : number
}

// By the digits: Date.parse takes twenty times as long, and much that is no RFC 3339.
const readText = (bytes: Buffer, start: number, end: number): number | undefined => {
  if (end - start < 20) return undefined
  const year = readDigits(bytes, start, 4)
  const month = readDigits(bytes, start + 5, 2)
  const day = readDigits(bytes, start + 8, 2)
  const hour = readDigits(bytes, start + 11, 2)
  const minute = readDigits(bytes, start + 14, 2)
  const second = readDigits(bytes, start + 17, 2)
  const between = bytes[start + 10] as number
  const isShaped =
    bytes[start + 4] === dash &&
    bytes[start + 7] === dash &&
    (between === 0x54 || between === 0x74 || between === 0x20) &&
    bytes[start + 13] === colon &&
    bytes[start + 16] === colon
  if (!isShaped || year < 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined
  // A leap second counts as the first one of the next minute.
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return undefined
  let at = start + 19
  let fraction = 0
  if (bytes[at] === 0x2e) {
    let unit = 100
    const first = ++at
    for (; isDigit(bytes[at] as number) && at < end; at++) {
      fraction += ((bytes[at] as number) - 0x30) * unit
      unit /= 10
    }
    if (at === first) return undefined
  }
  const offset = readOffset(bytes, at, end)
  if (offset === undefined) return undefined
  return daysBefore(year, month, day) * 86_400_000 + ((hour * 60 + minute - offset) * 60 + second) * 1000 + fraction
}

const dash = 0x2d
const colon = 0x3a

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39

/** -1 for anything but digits. */
const readDigits = (bytes: Buffer, start: number, count: number): number => {
  let number = 0
  for (let at = start; at < start + count; at++) {
    const byte = bytes[at] as number
    if (!isDigit(byte)) return -1
    number = number * 10 + byte - 0x30
  }
  return number
}

/** Minutes east of UTC, when the zone is all that is left. */
const readOffset = (bytes: Buffer, at: number, end: number): number | undefined => {
  const sign = bytes[at]
  if ((sign === 0x5a || sign === 0x7a) && at + 1 === end) return 0
  if ((sign !== dash && sign !== 0x2b) || at + 6 !== end || bytes[at + 3] !== colon) return undefined
  const hours = readDigits(bytes, at + 1, 2)
  const minutes = readDigits(bytes, at + 4, 2)
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return undefined
  return (sign === dash ? -1 : 1) * (hours * 60 + minutes)
}

const daysIn = (year: number, month: number): number => {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
}

/** Days from 1970-01-01: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil. */
const daysBefore = (year: number, month: number, day: number): number => {
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}
