import type { ScriptFault } from './protocol.js'

/** Longest text of an error that is kept, in characters. */
const longest = 4096

/**
 * What a script threw: its kind and place for everybody, its own words apart, because they may hold a part of the record.
 */
export const describeFault = (error: unknown): ScriptFault => {
  if (error instanceof NoJson) return { message: `Result of the script ${error.message}`, words: '' }
  const isError = error instanceof Error
  const name = isError && /^\w{1,64}$/.test(error.name) ? error.name : 'a value that is not an Error'
  const words = (isError ? withoutOurs(error.stack ?? error.message) : String(error)).slice(0, longest)
  const place = isError ? findPlace(error.stack) : undefined
  const later = readRetryAfter(error)
  const fault = { message: `Script threw ${name}${place === undefined ? '' : ` at ${place}`}`, words }
  return later === undefined ? fault : { ...fault, retryAfter: later }
}

/** An error may say when to come back: `retryAfter`, in milliseconds. */
const readRetryAfter = (error: unknown): number | undefined => {
  if (typeof error !== 'object' || error === null || !('retryAfter' in error)) return undefined
  const { retryAfter } = error
  return typeof retryAfter === 'number' && retryAfter >= 0 && Number.isFinite(retryAfter) ? retryAfter : undefined
}

/** The JSON of a result; throws what `describeFault` explains. */
export const stringify = (value: unknown): string => {
  const json = stringifyLoosely(value)
  // JSON has no word for them, and JSON.stringify writes null in silence.
  if (json.includes('null')) JSON.stringify(value, refuseNoNumber)
  return json
}

/** The same with null for numbers that JSON cannot say. */
export const stringifyLoosely = (value: unknown): string => {
  let json: string | undefined
  try {
    json = JSON.stringify(value)
  } catch (error) {
    throw new NoJson(explain(error), { cause: error })
  }
  if (json === undefined)
    throw new NoJson(`is not JSON: it is ${value === undefined ? 'undefined' : `a ${typeof value}`}`)
  return json
}

const refuseNoNumber = (_: string, value: unknown): unknown => {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new NoJson(`is not JSON: it contains ${value}`)
  return value
}

class NoJson extends Error {}

const explain = (error: unknown): string => {
  if (!(error instanceof Error)) return 'cannot be written as JSON'
  if (error.message.includes('BigInt'))
    return 'is not JSON: it contains a BigInt; convert it with String(n) or Number(n)'
  if (error.message.includes('circular')) return 'is not JSON: it is cyclic'
  return error instanceof RangeError ? 'is nested too deeply' : `cannot be written as JSON (${error.name})`
}

/** A stack up to the frames of this program. */
const withoutOurs = (stack: string): string => {
  const lines = stack.split('\n')
  const ours = lines.findIndex(line => /^\s+at .*script-thread\.c?js/.test(line))
  return lines.slice(0, ours === -1 ? undefined : ours).join('\n')
}

/** `--js:1:12` or `enrich.mjs:3:7`: the innermost place that is not of Node itself. */
const findPlace = (stack: string | undefined): string | undefined => {
  for (const line of stack?.split('\n') ?? []) {
    const found = /^\s+at .*?([^/\\(\s]+:\d+:\d+)\)?$/.exec(line)
    if (found !== null && !/\bnode:|script-thread\.c?js/.test(line)) return found[1]
  }
  return undefined
}
