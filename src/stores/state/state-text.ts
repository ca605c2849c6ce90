import { isUtf8 } from 'node:buffer'

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

/** Reads back what `formatState` wrote, however damaged. With a version, `"v"` must be there and not above it. */
export const parseState = (bytes: Buffer, version?: number): ParsedState => {
  const value = parseObject(bytes)
  if (typeof value === 'string') return { problem: 'unreadable', why: value }
  if (version === undefined) return { value }
  const { v } = value
  if (!Object.hasOwn(value, 'v') || typeof v !== 'number' || !Number.isInteger(v) || v < 1)
    return { problem: 'foreign', why: 'is JSON, but not a state of streamz (no version "v")' }
  if (v > version)
    return { problem: 'newer', why: `was written by a newer version of streamz (version ${v}, known is ${version})` }
  return { value }
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
