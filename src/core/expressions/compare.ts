import { readNumber } from '../json/read-number.js'
import { readString } from '../json/read-string.js'

/** How one value stands to another: less -1, the same 0, greater 1; `unlike` when there is no order between them. */
export type Standing = -1 | 0 | 1 | 2
export const unlike = 2

/**
 * A JSON value, whole and without space around it, against a number: as doubles, and from 2^53 up by all their digits.
 * `value` and `json` are the same number.
 */
export const compareNumber = (bytes: Buffer, start: number, end: number, value: number, json: string): Standing => {
  const number = readNumber(bytes, start, end)
  if (number === undefined) return unlike
  if (number !== value) return number < value ? -1 : 1
  if (number < exactBelow && number > -exactBelow) return 0
  return compareDigits(bytes.toString('latin1', start, end), json)
}

const exactBelow = 2 ** 53

const compareDigits = (one: string, other: string): Standing => {
  if (one === other) return 0
  const a = normalize(one)
  const b = normalize(other)
  // They are the same double, so they have the same sign.
  const sign = one.startsWith('-') ? -1 : 1
  if (a.point !== b.point) return a.point < b.point === sign > 0 ? -1 : 1
  return a.digits === b.digits ? 0 : a.digits < b.digits === sign > 0 ? -1 : 1
}

/** A number without its sign is `0.DIGITS` times ten to the power of `point`. */
const normalize = (json: string): { readonly digits: string; readonly point: number } => {
  const [, whole = '', fraction = '', exponent = '0'] = /^-?(\d+)(?:\.(\d+))?(?:[eE](.+))?$/.exec(json) ?? []
  const all = whole + fraction
  const digits = all.replace(/^0+/, '')
  return { digits: digits.replace(/0+$/, ''), point: whole.length - (all.length - digits.length) + Number(exponent) }
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
    return comparePoints(readString(bytes, start, end) ?? '', readString(others, otherStart, otherEnd) ?? '')
  }
  return at < last ? 1 : at + shift < otherEnd - 1 ? -1 : 0
}

const backslash = 0x5c

const comparePoints = (one: string, other: string): Standing => {
  const until = Math.min(one.length, other.length)
  for (let at = 0; at < until; at++) {
    if (one.charCodeAt(at) === other.charCodeAt(at)) continue
    // Two halves make one character: it is told apart by the second.
    const before = at > 0 && isHigh(one.charCodeAt(at - 1)) ? at - 1 : at
    const a = one.codePointAt(before) ?? 0
    const b = other.codePointAt(before) ?? 0
    if (a !== b) return a < b ? -1 : 1
    return (one.codePointAt(at) ?? 0) < (other.codePointAt(at) ?? 0) ? -1 : 1
  }
  return one.length === other.length ? 0 : one.length < other.length ? -1 : 1
}

const isHigh = (unit: number): boolean => (unit & 0xfc00) === 0xd800

/**
 * The same text for the same value: strings as JSON.stringify writes them, keys in order, the last of equal ones, and numbers
 * by their double, from 2^53 up by all their digits. `json` is valid.
 */
export const writeCanonical = (json: string): string => {
  let at = 0
  const next = (pattern: RegExp): string => {
    pattern.lastIndex = at
    const [found = ''] = pattern.exec(json) ?? []
    at += found.length
    return found
  }
  const read = (): string => {
    next(space)
    const first = json[at]
    if (first === '"') return readText()
    if (first === '[') return `[${readMembers(']', read).join()}]`
    if (first === '{') {
      const members = new Map(readMembers('}', () => [readKey(), read()] as const))
      return `{${[...members.keys()].sort().map(key => `${key}:${members.get(key)}`)}}`
    }
    const scalar = next(scalars)
    return first === '-' || (first !== undefined && first >= '0' && first <= '9') ? writeNumber(scalar) : scalar
  }
  const readText = (): string => {
    const start = at
    do at = json.indexOf('"', at + 1)
    while (isEscaped(json, at))
    const text = json.slice(start, ++at)
    return text.includes('\\') ? JSON.stringify(JSON.parse(text)) : text
  }
  const readKey = (): string => {
    next(space)
    const key = readText()
    next(colon)
    return key
  }
  const readMembers = <T>(closing: string, member: () => T): readonly T[] => {
    const members: T[] = []
    at++
    next(space)
    while (json[at] !== closing) {
      members.push(member())
      next(comma)
    }
    at++
    return members
  }
  return read()
}

const space = /\s*/y
const colon = /\s*:\s*/y
const comma = /\s*,?\s*/y
const scalars = /[^\s,\]}]+/y

const writeNumber = (json: string): string => {
  const value = Number(json)
  if (Math.abs(value) < exactBelow) return String(value === 0 ? 0 : value)
  const { digits, point } = normalize(json)
  return `${value < 0 ? '-' : ''}0.${digits}e${point}`
}

// So many backslashes before it that the last one is for it.
const isEscaped = (json: string, at: number): boolean => {
  let from = at
  while (json[from - 1] === '\\') from--
  return (at - from) % 2 === 1
}
