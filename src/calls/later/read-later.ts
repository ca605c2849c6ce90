import { units } from '../../core/format-duration.js'

/**
 * Milliseconds until a time that a service names, from `wall`: a number of seconds, a duration (`6m0s`, `7.66s`, `17ms`),
 * seconds or milliseconds since 1970, a date of HTTP (RFC 9110, section 5.6.7) or RFC 3339. 0 or below for one that is over,
 * undefined for what is none of these.
 */
export const readLater = (text: string, wall: number): number | undefined => {
  const trimmed = text.trim()
  if (/^\d+(\.\d+)?$/.test(trimmed)) return readNumber(Number(trimmed), wall)
  if (isDuration.test(trimmed)) return readDuration(trimmed)
  const date = readDate(trimmed)
  return date === undefined ? undefined : date - wall
}

// Services do not ask for a pause of three years, nor for a time before 1973.
const readNumber = (number: number, wall: number): number => {
  if (number > 1e11) return number - wall
  return number > 1e8 ? number * 1000 - wall : number * 1000
}

const part = String.raw`\d+(?:\.\d+)?(?:ms|s|m|h|d|w)`
const isDuration = new RegExp(`^(?:${part})+$`)
const parts = /(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/g

const readDuration = (text: string): number =>
  [...text.matchAll(parts)].reduce(
    (sum, [, digits, unit]) => sum + Number(digits) * units[unit as keyof typeof units],
    0,
  )

/** Anything else that `Date.parse` takes would be years and the like. */
const readDate = (text: string): number | undefined => {
  const date = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d/.test(text)
    ? Date.parse(/[Zz]|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`)
    : /^[A-Z][a-z]+(, |\s)/.test(text)
      ? Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
      : Number.NaN
  return Number.isNaN(date) ? undefined : date
}
