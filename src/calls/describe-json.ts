import { depthLimit } from '../core/json/scan.js'

/**
 * Says what is wrong with a text that should have been one JSON value, as the end of a sentence: nothing there, more
 * than one value, cut off, nested too deeply, or no JSON. Nothing of the text itself is quoted. Bytes count from 1.
 */
export const describeJson = (bytes: Buffer): string => {
  const start = skipSpace(bytes, 0)
  if (start === bytes.length) return 'is empty, expected one JSON value; --multi allows none, --raw takes text'
  const end = findEnd(bytes, start)
  if (end === -1)
    return `is cut off: the JSON value that begins at byte ${start + 1} does not end (${bytes.length} bytes)`
  if (!isJson(bytes.subarray(start, end))) {
    return `is not JSON (looked at from byte ${start + 1}); --raw takes text`
  }
  const next = skipSpace(bytes, end)
  if (next === bytes.length) return `is nested deeper than ${depthLimit} levels`
  return isValueStart(bytes[next])
    ? `holds more than one JSON value (the second begins at byte ${next + 1}); --multi allows several, one a line`
    : `goes on after the JSON value (at byte ${next + 1}), expected nothing but one value`
}

/** Just past the first value, if it is one; -1 when it does not end. */
const findEnd = (bytes: Buffer, start: number): number => {
  let depth = 0
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === quote) {
      at = findQuote(bytes, at)
      if (at === -1) return -1
      if (depth === 0) return at + 1
    } else if (byte === 0x7b || byte === 0x5b) depth += 1
    else if (byte === 0x7d || byte === 0x5d) {
      depth -= 1
      if (depth <= 0) return at + 1
    } else if (depth === 0) return findSpace(bytes, at)
  }
  return -1
}

const findQuote = (bytes: Buffer, start: number): number => {
  for (let at = start + 1; at < bytes.length; at++) {
    if (bytes[at] === quote) return at
    if (bytes[at] === 0x5c) at += 1
  }
  return -1
}

const quote = 0x22
const isSpace = (byte: number | undefined) => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d

const skipSpace = (bytes: Buffer, start: number): number => {
  let at = start
  while (at < bytes.length && isSpace(bytes[at])) at += 1
  return at
}

const findSpace = (bytes: Buffer, start: number): number => {
  let at = start
  while (at < bytes.length && !isSpace(bytes[at])) at += 1
  return at
}

const isJson = (bytes: Buffer): boolean => {
  try {
    JSON.parse(bytes.toString())
    return true
  } catch {
    return false
  }
}

/** The first bytes of `{`, `[`, `"`, numbers and the three words. */
const isValueStart = (byte: number | undefined) =>
  byte !== undefined && '{["-0123456789tfn'.includes(String.fromCharCode(byte))
