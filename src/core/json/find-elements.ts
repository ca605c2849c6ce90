import { skipString } from './scan-string.js'
import { viewOf } from './view-of.js'

/**
 * Where the elements of an array are, without white space around them: pairs of start and end. The range must be an
 * array that a scanner accepted, from bracket to bracket.
 */
export const findElements = (bytes: Buffer, start: number, end: number): Int32Array => {
  let pairs = new Int32Array(64)
  let length = 0
  const view = viewOf(bytes)
  const findings = { escapes: 0, errorAt: 0, message: '' }
  let from = skipSpace(bytes, start + 1)
  if (from === end - 1) return new Int32Array(0)
  let depth = 0
  for (let at = from; at < end; at++) {
    const byte = bytes[at] as number
    if (byte === 0x22) at = skipString(bytes, view, at + 1, bytes.length - 4, findings)
    else if (byte === 0x5b || byte === 0x7b) depth++
    else if (depth > 0) {
      if (byte === 0x5d || byte === 0x7d) depth--
    } else if (byte === 0x2c || byte === 0x5d) {
      if (length === pairs.length) pairs = grow(pairs)
      pairs[length++] = from
      pairs[length++] = trimSpace(bytes, at)
      from = skipSpace(bytes, at + 1)
    }
  }
  return pairs.subarray(0, length)
}

/** An array of numbers would take several times as much for millions of elements. */
const grow = (pairs: Int32Array): Int32Array<ArrayBuffer> => {
  const larger = new Int32Array(2 * pairs.length)
  larger.set(pairs)
  return larger
}

const skipSpace = (bytes: Buffer, start: number): number => {
  let at = start
  while ((bytes[at] as number) <= 0x20) at++
  return at
}

const trimSpace = (bytes: Buffer, end: number): number => {
  let at = end
  while ((bytes[at - 1] as number) <= 0x20) at--
  return at
}
