import { findVersionEnd } from '../../core/dead-letters/version.js'
import type { Lines } from '../../core/lines.js'

/**
 * Names each failure record with a random entry, at the one place where a name counts: ids repeat, entries do not. A name
 * that a line brings along is dropped there. Lines of other versions stay as they are.
 */
export const nameEntries = (groups: readonly Lines[]): Buffer => {
  const room = groups.reduce((sum, lines) => sum + lines.byteLength + lines.length * nameRoom, 0)
  const named = Buffer.allocUnsafe(room)
  let length = 0
  for (const lines of groups) {
    const { bytes } = lines
    for (let index = 0; index < lines.length; index++) {
      const start = lines.start(index)
      const end = lines.end(index)
      const version = findVersionEnd(bytes, start, end)
      if (version !== -1) length += named.write(`${beginning}${createName()}"`, length, 'latin1')
      length += bytes.copy(named, length, version === -1 ? start : skipName(bytes, version, end), end)
    }
  }
  return named.subarray(0, length)
}

const beginning = '{"$streamz":"error/1","entry":"'
const nameLength = 12
const nameRoom = beginning.length + nameLength + 1

const nameBytes = 9
const namesAtOnce = 1024
let names = ''
let nextName = 0

// Asking the system for the bytes of each name would cost as much as all the rest.
const createName = (): string => {
  if (nextName === names.length) {
    names = process
      .getBuiltinModule('node:crypto')
      .randomBytes(nameBytes * namesAtOnce)
      .toString('base64url')
    nextName = 0
  }
  nextName += nameLength
  return names.slice(nextName - nameLength, nextName)
}

/** Where a line goes on after a name that follows the version. */
const skipName = (bytes: Buffer, at: number, end: number): number => {
  if (!mayBeName(bytes, at)) return at
  const found = /^[ \t\r]*,[ \t\r]*"entry"[ \t\r]*:[ \t\r]*"(?:[^"\\]|\\.)*"/.exec(
    bytes.toString('latin1', at, Math.min(end, at + 1024)),
  )
  return at + (found?.[0].length ?? 0)
}

// `,"id"` comes next, nearly always.
const mayBeName = (bytes: Buffer, at: number): boolean => bytes[at] !== 0x2c || bytes[at + 2] !== 0x69
