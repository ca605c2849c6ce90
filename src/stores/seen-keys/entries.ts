import type { SeenTable } from '../../core/tables/seen-table.js'

// What a file of seen keys begins with, padded to `headerSize` and ended by a newline.
const beginning = '{"$streamz":"seen/1","secret":"'

/** Bytes in front of the entries. */
export const headerSize = 96

/** Bytes of an entry: four words of hash, 48 bits of time, 16 that tell a torn or damaged one. */
export const entrySize = 24

/** The first bytes of a file whose keys are hashed under this secret. */
export const writeHeader = (secret: Int32Array): Buffer => {
  const text = `${beginning}${Buffer.from(secret.buffer, secret.byteOffset, 16).toString('hex')}"}`
  return Buffer.from(`${text.padEnd(headerSize - 1)}\n`)
}

/** The secret that a header tells; `newer` when a newer version wrote it, undefined when it is none of ours. */
export const readHeader = (header: Buffer): Int32Array | 'newer' | undefined => {
  const text = header.toString('latin1')
  const [, hex] = /^\{"\$streamz":"seen\/1","secret":"([0-9a-f]{32})"\} *\n$/.exec(text) ?? []
  if (hex === undefined) return /^\{"\$streamz":"seen\/\d+"/.test(text) ? 'newer' : undefined
  return new Int32Array(Uint8Array.from(Buffer.from(hex, 'hex')).buffer)
}

/** Writes an entry at a place in words, six for each. */
export const putEntry = (
  words: Int32Array,
  at: number,
  a: number,
  b: number,
  c: number,
  d: number,
  time: number,
): void => {
  words[at] = a
  words[at + 1] = b
  words[at + 2] = c
  words[at + 3] = d
  const low = time % 2 ** 32
  const high = Math.floor(time / 2 ** 32) & 0xffff
  words[at + 4] = low
  words[at + 5] = high | (check(a, b, c, d, low, high) << 16)
}

/** The time of an entry, or -1 when it is damaged. */
export const readSeenTime = (words: Int32Array, at: number): number => {
  const low = (words[at + 4] as number) >>> 0
  const last = words[at + 5] as number
  const high = last & 0xffff
  const a = words[at] as number
  const b = words[at + 1] as number
  const c = words[at + 2] as number
  const d = words[at + 3] as number
  return check(a, b, c, d, low, high) === last >>> 16 ? high * 2 ** 32 + low : -1
}

/** The keys of a table, oldest first and without so many at the end, as the bytes of a whole file. */
export const writeTable = (table: SeenTable, butLast: number): Buffer => {
  const count = Math.max(0, table.size - butLast)
  const words = new Int32Array((entrySize / 4) * count)
  let at = 0
  table.each((a, b, c, d, time) => {
    putEntry(words, at, a, b, c, d, time)
    at += entrySize / 4
  }, butLast)
  return Buffer.concat([writeHeader(table.hash.secret), Buffer.from(words.buffer)])
}

// Zeros, which a power loss may leave, are no entry either.
const check = (a: number, b: number, c: number, d: number, low: number, high: number): number => {
  let sum = a ^ turn(b, 7) ^ turn(c, 13) ^ turn(d, 19) ^ turn(low, 25) ^ Math.imul(high + 1, 0x9e3779b1)
  sum = Math.imul(sum ^ (sum >>> 15), 0x85ebca6b)
  return (sum ^ (sum >>> 13)) & 0xffff
}

const turn = (word: number, by: number): number => (word << by) | (word >>> (32 - by))
