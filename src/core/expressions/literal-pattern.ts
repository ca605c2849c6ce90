import { readString } from '../json/read-string.js'

/** Tells whether the text of the JSON string at a byte range fits. */
export type TextTest = (bytes: Buffer, start: number, end: number) => boolean

/**
 * The test for a pattern that is a plain text, perhaps with `^` before and `$` behind it: twenty times as fast as the engine.
 * Undefined for one that is not.
 */
export const createLiteralTest = (source: string): TextTest | undefined => {
  const [, begin, body = '', end] = /^(\^?)((?:[^\\^$.*+?()[\]{}|]|\\[^\w\s])*)(\$?)$/s.exec(source) ?? []
  if (begin === undefined) return undefined
  const text = body.replace(/\\(.)/gs, '$1')
  const wanted = Buffer.from(text)
  const atStart = begin !== ''
  const atEnd = end !== ''
  const fits = (value: string): boolean => {
    if (atStart && atEnd) return value === text
    return atStart ? value.startsWith(text) : atEnd ? value.endsWith(text) : value.includes(text)
  }
  return (bytes, start, end) => {
    if (hasBackslash(bytes, start, end)) return fits(readString(bytes, start, end) ?? '')
    const first = start + 1
    const last = end - 1 - wanted.length
    if (last < first || (atStart && atEnd && last !== first)) return false
    for (let at = atEnd ? last : first; at <= last; at++) {
      if (isAt(wanted, bytes, at)) return true
      if (atStart) return false
    }
    return false
  }
}

const isAt = (wanted: Buffer, bytes: Buffer, start: number): boolean => {
  for (let at = 0; at < wanted.length; at++) if (bytes[start + at] !== wanted[at]) return false
  return true
}

const hasBackslash = (bytes: Buffer, start: number, end: number): boolean => {
  for (let at = start + 1; at < end; at++) if (bytes[at] === 0x5c) return true
  return false
}
