import type { IncomingHttpHeaders } from 'node:http'

/** No server makes us wait longer than this, in milliseconds. */
export const maxPause = 600_000

/** Milliseconds that `Retry-After` asks for, as seconds or as an HTTP date (RFC 9110, section 10.2.3); 10 minutes at most. */
export const readRetryAfter = (headers: IncomingHttpHeaders, wall: number): number | undefined => {
  const text = headers['retry-after']?.trim()
  if (text === undefined || text === '') return undefined
  if (/^\d+(\.\d+)?$/.test(text)) return limit(Number(text) * 1000)
  // Without a comma it would read years and the like.
  const date =
    text.includes(',') || /^[A-Z][a-z]{2} /.test(text)
      ? Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
      : Number.NaN
  return Number.isNaN(date) ? undefined : limit(date - wall)
}

/**
 * Milliseconds until more requests are allowed, when the answer says that none is left: `RateLimit` (IETF draft, in its
 * newer and older form), `RateLimit-Remaining` and `X-RateLimit-Remaining` with their `-Reset`, seconds from now or a time.
 */
export const readRateLimit = (headers: IncomingHttpHeaders, wall: number): number | undefined => {
  const one = join(headers.ratelimit)
  if (one !== undefined) return readDraft(one, join(headers['ratelimit-policy']))
  for (const [remainingName, resetName] of pairs) {
    const remaining = join(headers[remainingName])
    if (remaining === undefined || Number(remaining) > 0) continue
    const reset = join(headers[resetName])
    if (reset !== undefined) return readReset(reset, wall)
  }
  return undefined
}

// Put together here: making the names anew for each answer is 4% of a call.
const pairs = ['ratelimit', 'x-ratelimit', 'x-rate-limit'].map(
  prefix => [`${prefix}-remaining`, `${prefix}-reset`] as const,
)

const join = (value: string | string[] | undefined) => (Array.isArray(value) ? value.join(', ') : value)

/** `"default";r=0;t=30` or `limit=10, remaining=0, reset=30`; several policies are separated by commas. */
const readDraft = (text: string, policy: string | undefined): number | undefined => {
  const older = /\bremaining=(\d+)/.exec(text)
  if (older !== null) {
    const [, reset] = /\breset=(\d+)/.exec(text) ?? []
    return Number(older[1]) === 0 && reset !== undefined ? limit(Number(reset) * 1000) : undefined
  }
  const waits = text.split(',').flatMap(item => {
    if (readNumber(item, 'r') !== 0) return []
    const seconds = readNumber(item, 't') ?? (policy === undefined ? undefined : readNumber(policy, 'w'))
    return seconds === undefined ? [] : [seconds * 1000]
  })
  return waits.length === 0 ? undefined : limit(Math.max(...waits))
}

const readNumber = (item: string, name: string): number | undefined => {
  const [, digits] = new RegExp(`;\\s*${name}=(\\d+)`).exec(item) ?? []
  return digits === undefined ? undefined : Number(digits)
}

/** Seconds from now, or a time: seconds or milliseconds since 1970, as no window is that long. */
const readReset = (text: string, wall: number): number | undefined => {
  const number = text === '' ? Number.NaN : Number(text)
  if (Number.isNaN(number)) return undefined
  if (number > 1e11) return limit(number - wall)
  return limit(number > 1e8 ? number * 1000 - wall : number * 1000)
}

const limit = (ms: number) => Math.min(Math.max(ms, 0), maxPause)
