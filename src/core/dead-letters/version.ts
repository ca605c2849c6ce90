import { startsWith, viewOf } from '../json/view-of.js'

/** Where `{"$streamz":"error/1"` ends, also with white space in it; -1 when a line does not begin so. */
export const findVersionEnd = (bytes: Buffer, start: number, end: number): number => {
  if (startsPlainly(bytes, start)) return start + plain.byteLength
  const found = findVersion(bytes, start, end)
  return found?.[1] === '1' ? start + found[0].length : -1
}

/** Whether a line is a failure record of another version than the one that is read here. */
export const isOtherVersion = (bytes: Buffer, start: number, end: number): boolean => {
  if (startsPlainly(bytes, start)) return false
  const version = findVersion(bytes, start, end)?.[1]
  return version !== undefined && version !== '1'
}

const plain = viewOf(Buffer.from('{"$streamz":"error/1"'))

const startsPlainly = (bytes: Buffer, start: number): boolean => startsWith(viewOf(bytes), start, plain)

const findVersion = (bytes: Buffer, start: number, end: number) =>
  /^[ \t\r]*\{[ \t\r]*"\$streamz"[ \t\r]*:[ \t\r]*"error\/([^"\\]*)"/.exec(
    bytes.toString('latin1', start, Math.min(end, start + 1024)),
  )
