import type { IncomingHttpHeaders } from 'node:http'
import { readLater } from '../later/read-later.js'

/** What the headers of an answer say about coming back. */
export type Told = {
  /** Milliseconds to stay away, the longest that was named; 0 for a time that is over; undefined: nothing was said. */
  readonly wait: number | undefined
  /** It was said that none is left. */
  readonly usedUp: boolean
}

/** A way to say how long to stay away. */
type Dialect = {
  /** The services that use it. */
  readonly of: string
  /** Milliseconds; undefined when it says nothing that counts. */
  readonly read: (headers: IncomingHttpHeaders, wall: number) => number | undefined
}

/** A way to say how many requests are left, and until when: `name` holds the one, `reset` gives the name of the other. */
type Count = { readonly of: string; readonly name: RegExp; readonly reset: (name: string) => string }

/** Of a refusal: how long to stay away, whatever is left. */
const refusals: readonly Dialect[] = [
  {
    of: 'HTTP: Retry-After, seconds or a date (RFC 9110, section 10.2.3)',
    read: (headers, wall) => readText(headers['retry-after'], wall),
  },
  {
    of: 'Azure and OpenAI: retry-after-ms',
    read: headers => readMilliseconds(headers['retry-after-ms']),
  },
]

/** Of any answer: counts only while none is left. */
const drafts: Dialect = {
  of: 'IETF drafts: RateLimit with RateLimit-Policy, `"default";r=0;t=30` or `limit=10, remaining=0, reset=30`',
  read: headers => readDraft(join(headers.ratelimit) ?? '', join(headers['ratelimit-policy']) ?? ''),
}

const swap = (name: string) => name.replace('remaining', 'reset')

const counts: readonly Count[] = [
  {
    of: 'GitHub and most others: [X-]Rate[-]Limit-Remaining and -Reset; seconds, a time since 1970 or a date',
    name: /^(x-)?rate-?limit-remaining$/,
    reset: swap,
  },
  {
    of: 'OpenAI, Azure, Groq, Mistral: x-ratelimit-remaining-requests, -tokens and x-ratelimit-reset-…, as 6m0s or 17ms',
    name: /^x-ratelimit-remaining-[a-z-]+$/,
    reset: swap,
  },
  {
    of: 'Anthropic: anthropic-ratelimit-…-remaining and -reset, RFC 3339',
    name: /^anthropic-ratelimit-[a-z-]+-remaining$/,
    reset: swap,
  },
]

/** Reads what an answer says about coming back; `Retry-After` and its like count for a refusal alone. */
export const readDialects = (headers: IncomingHttpHeaders, wall: number, isRefusal: boolean): Told => {
  const asked = isRefusal ? longest(refusals.map(({ read }) => read(headers, wall))) : undefined
  let left: number | undefined
  let usedUp = false
  if (headers.ratelimit !== undefined) {
    left = drafts.read(headers, wall)
    usedUp = left !== undefined
  }
  for (const name in headers) {
    if (!name.includes('remaining')) continue
    const count = counts.find(one => one.name.test(name))
    if (count === undefined || !isZero(join(headers[name]))) continue
    usedUp = true
    left = longest([left, readText(headers[count.reset(name)], wall)])
  }
  // What most answers say: nothing is made for it.
  return asked === undefined && !usedUp ? nothing : { wait: longest([asked, left]), usedUp }
}

const nothing: Told = { wait: undefined, usedUp: false }

/** `unlimited`, `10, 10` and nothing at all are no zeros. */
const isZero = (text: string | undefined): boolean => text !== undefined && /^\s*0+(\.0+)?\s*$/.test(text)

const longest = (waits: readonly (number | undefined)[]): number | undefined => {
  const known = waits.filter(wait => wait !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

const join = (value: string | string[] | undefined) => (Array.isArray(value) ? value.join(', ') : value)

const readText = (value: string | string[] | undefined, wall: number): number | undefined => {
  const wait = readLater(join(value) ?? '', wall)
  return wait === undefined ? undefined : Math.max(0, wait)
}

const readMilliseconds = (value: string | string[] | undefined): number | undefined => {
  const text = (join(value) ?? '').trim()
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined
}

/** Several policies are separated by commas; one without a time of its own goes by the window of the policy. */
const readDraft = (text: string, policy: string): number | undefined => {
  const older = /\bremaining=(\d+)/.exec(text)
  if (older !== null) {
    const [, reset] = /\breset=(\d+)/.exec(text) ?? []
    return Number(older[1]) === 0 && reset !== undefined ? Number(reset) * 1000 : undefined
  }
  const waits = text.split(',').map(item => {
    if (readParameter(item, 'r') !== 0) return undefined
    const [name] = item.trim().split(';')
    const own = policy.split(',').find(one => one.trim().split(';')[0] === name) ?? policy
    const seconds = readParameter(item, 't') ?? readParameter(own, 'w')
    return seconds === undefined ? undefined : seconds * 1000
  })
  return longest(waits)
}

const readParameter = (item: string, name: string): number | undefined => {
  const [, digits] = new RegExp(`;\\s*${name}=(\\d+)`).exec(item) ?? []
  return digits === undefined ? undefined : Number(digits)
}
