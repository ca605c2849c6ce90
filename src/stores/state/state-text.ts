import { isUtf8 } from 'node:buffer'
import { StoreError } from '../store-error.js'

/** A text that holds a state, or why it does not: the codes are those of StoreError. */
export type ParsedState =
  | { readonly value: Record<string, unknown>; readonly problem?: never }
  | { readonly problem: 'unreadable' | 'newer' | 'foreign'; readonly why: string }

/** A state as one line of JSON. With a version it is marked `"v"`, unless it is already. Throws on what is no JSON object. */
export const formatState = (value: unknown, version?: number): Buffer => {
  if (!isObject(value)) throw new TypeError(`A state must be a JSON object, not ${typeof value}`)
  const marked = version === undefined || Object.hasOwn(value, 'v') ? value : { v: version, ...value }
  return Buffer.from(`${JSON.stringify(marked)}\n`)
}

/** The same for a place of at most `largest` bytes. Throws a StoreError. */
export const formatWithin = (value: unknown, version: number | undefined, place: string, largest: number): Buffer => {
  const bytes = formatState(value, version)
  if (bytes.length <= largest) return bytes
  throw new StoreError(
    'unwritable',
    `${place} would have ${bytes.length} bytes, expected at most ${largest}; keep less in it`,
  )
}

/** What the states of streamz are about: a file of one kind is not damaged, nor free for another one. */
export type StateKind = 'limit' | 'circuit' | 'pauses'

const kinds: Readonly<Record<StateKind, string>> = {
  limit: 'holds a limit (throttle --state, map --rate-state)',
  circuit: 'holds the state of a circuit breaker',
  pauses: 'holds the pauses of services',
}

/**
 * Reads back what `formatState` wrote, however damaged. With a version, `"v"` must be there and not above it; with a kind, what is plainly of
 * another one is `foreign`.
 */
export const parseState = (bytes: Buffer, version?: number, kind?: StateKind): ParsedState => {
  const value = parseObject(bytes)
  if (typeof value === 'string') return { problem: 'unreadable', why: value }
  if (version === undefined) return { value }
  const { v } = value
  if (!Object.hasOwn(value, 'v') || typeof v !== 'number' || !Number.isInteger(v) || v < 1)
    return { problem: 'foreign', why: 'is JSON, but not a state of streamz (no version "v")' }
  if (v > version)
    return { problem: 'newer', why: `was written by a newer version of streamz (version ${v}, known is ${version})` }
  const found = kindOf(value)
  if (kind !== undefined && found !== undefined && found !== kind) return { problem: 'foreign', why: kinds[found] }
  return { value }
}

// The state of a circuit does not say what it is.
const kindOf = ({ kind, gen, state }: Record<string, unknown>): StateKind | undefined => {
  if (kind === 'limit' || kind === 'pauses') return kind
  return kind === undefined && typeof gen === 'number' && typeof state === 'string' ? 'circuit' : undefined
}

const parseObject = (bytes: Buffer): Record<string, unknown> | string => {
  if (bytes.length === 0) return 'is empty'
  if (!isUtf8(bytes)) return 'is not UTF-8'
  try {
    const value: unknown = JSON.parse(bytes.toString())
    // A number cut in the middle is still a number, an object cut anywhere is not an object: hence objects only.
    return isObject(value) ? value : 'is not a JSON object'
  } catch {
    return 'is not complete JSON'
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
