import { asFields } from './as-fields.js'

/** For how many milliseconds the state of a circuit says something: until it is due, and a week more for what then comes of it. */
export const circuitLifetime = (value: unknown, now: number): number => {
  const { until, override } = asFields(value)
  return Math.max(0, numberOr(until) - now, numberOr(asFields(override).until) - now) + week
}

/** For how many milliseconds something of a limit is used up. */
export const limitLifetime = (value: unknown, now: number): number => {
  const keys = Object.values(asFields(asFields(value).limits)).flat() as (readonly unknown[])[]
  return keys.reduce((longest, [, seen, ahead]) => Math.max(longest, numberOr(seen) + numberOr(ahead) - now), 0)
}

/** What a server keeps is kept for at least a week, in milliseconds. */
export const week = 7 * 24 * 3_600_000

const numberOr = (value: unknown): number => (typeof value === 'number' ? value : 0)
