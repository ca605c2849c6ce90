import { checksum } from './checksum.js'

/**
 * What a line of a journal says: `ok`, `none` (no result), `failed` and `items` (of a batch) are outcomes of calls; `kept`: the
 * failure record was taken; `done`: the dead letter of an earlier call is marked done.
 */
export const journalWords = ['ok', 'none', 'failed', 'items', 'kept', 'done'] as const
export type JournalWord = (typeof journalWords)[number]

/** A line of a journal. `content` is the CRC-32 of the input line; the result is at `offset` of the results. */
export type JournalEntry = {
  readonly word: JournalWord
  readonly file: number
  readonly line: number
  readonly attempts: number
  readonly ms: number
  readonly offset: number
  readonly length: number
  readonly content: number
  /** As JSON. */
  readonly id: string
}

/** The longest that an entry with such an id can be, in bytes. */
export const maxEntryBytes = (id: string): number => 128 + 3 * id.length

/**
 * Writes one line: a JSON array that ends with the CRC-32 of the result and of the line before it. Returns where it ends. Digits
 * are put one by one: strings cost ten times as much.
 */
export const writeEntry = (target: Buffer, start: number, entry: JournalEntry, result: Buffer): number => {
  const opening = openings[entry.word]
  let at = start
  for (let letter = 0; letter < opening.length; letter++) target[at++] = opening[letter] as number
  at = putNumber(target, at, entry.file)
  at = putNumber(target, at, entry.line)
  at = putNumber(target, at, entry.attempts)
  at = putNumber(target, at, Math.round(entry.ms))
  at = putNumber(target, at, entry.offset)
  at = putNumber(target, at, entry.length)
  at = putNumber(target, at, entry.content)
  if (entry.id === 'null') {
    for (let letter = 0; letter < noId.length; letter++) target[at++] = noId[letter] as number
  } else at += target.write(entry.id, at)
  const crc = checksum(target, start, at, checksum(result, 0, result.length))
  target[at++] = comma
  at = putNumber(target, at, crc) - 1
  target[at++] = 0x5d
  target[at++] = 0x0a
  return at
}

const comma = 0x2c
const noId = Buffer.from('null')
const openings = Object.fromEntries(journalWords.map(word => [word, Buffer.from(`["${word}",`)])) as Readonly<
  Record<JournalWord, Buffer>
>

/** And a comma. */
const putNumber = (target: Buffer, start: number, value: number): number => {
  let digits = 1
  for (let bound = 10; value >= bound; bound *= 10) digits++
  let rest = value
  for (let at = start + digits - 1; at >= start; at--) {
    const next = Math.floor(rest / 10)
    target[at] = 0x30 + rest - 10 * next
    rest = next
  }
  target[start + digits] = comma
  return start + digits + 1
}

/** A line as it was read, used again for the next one. */
export class ReadEntry {
  word: JournalWord = 'ok'
  file = 0
  line = 0
  offset = 0
  length = 0
  content = 0
  crc = 0
  /** The CRC is that of the result and of this part of the line. */
  textEnd = 0

  /** Reads the line from `start` to its newline at `end`; false when it makes no sense. */
  read(bytes: Buffer, start: number, end: number): boolean {
    if (bytes[start] !== 0x5b || bytes[start + 1] !== 0x22 || bytes[end - 1] !== 0x5d) return false
    const word = wordsByLetter[bytes[start + 2] as number]
    if (word === undefined) return false
    this.word = word
    let at = start + 2 + word.length
    for (let letter = 0; letter < word.length; letter++) {
      if (bytes[start + 2 + letter] !== word.charCodeAt(letter)) return false
    }
    if (bytes[at++] !== 0x22) return false
    for (let field = 0; field < 7; field++) {
      if (bytes[at++] !== comma) return false
      let value = 0
      const first = at
      for (let digit = (bytes[at] as number) - 0x30; digit >= 0 && digit <= 9; digit = (bytes[at] as number) - 0x30) {
        value = 10 * value + digit
        at++
      }
      if (at === first) return false
      if (field === 0) this.file = value
      else if (field === 1) this.line = value
      else if (field === 4) this.offset = value
      else if (field === 5) this.length = value
      else if (field === 6) this.content = value
    }
    let crc = 0
    let scale = 1
    let last = end - 2
    for (let digit = (bytes[last] as number) - 0x30; digit >= 0 && digit <= 9; digit = (bytes[last] as number) - 0x30) {
      crc += scale * digit
      scale *= 10
      last--
    }
    this.crc = crc
    this.textEnd = last
    return bytes[last] === comma && last > at
  }

  /** Whether the line is as it was written, and the result in these bytes as well. */
  isIntact(bytes: Buffer, start: number, results: Buffer, resultStart: number): boolean {
    const crc = checksum(results, resultStart, resultStart + this.length)
    return checksum(bytes, start, this.textEnd, crc) === this.crc
  }
}

const wordsByLetter: readonly (JournalWord | undefined)[] = Array.from({ length: 256 }, (_, code) =>
  journalWords.find(word => word.charCodeAt(0) === code),
)
