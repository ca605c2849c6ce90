import { crc32 } from 'node:zlib'

/**
 * What a line of a journal says: `ok`, `none` (no result), `failed` and `items` (of a batch) are outcomes of calls; `kept`: the
 * failure record was taken; `done`: the dead letter of an earlier call is marked done.
 */
export const journalWords = ['ok', 'none', 'failed', 'items', 'kept', 'done'] as const
export type JournalWord = (typeof journalWords)[number]

/** A line of a journal but for its word. `content` is the CRC-32 of the input line; the result is at `offset` of the results. */
export type JournalFacts = {
  readonly file: number
  readonly line: number
  readonly attempts: number
  readonly ms: number
  readonly offset: number
  readonly length: number
  readonly content: number
  readonly id: string | undefined
}

/** One line: a JSON array that ends with the CRC-32 of the result and of the line before it. */
export const formatEntry = (word: JournalWord, facts: JournalFacts, result: Buffer): string => {
  const { file, line, attempts, ms, offset, length, content, id } = facts
  const name = id === undefined ? 'null' : JSON.stringify(id)
  const text = `["${word}",${file},${line},${attempts},${Math.round(ms)},${offset},${length},${content},${name}`
  return `${text},${crc32(text, crc32(result))}]\n`
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
    if (word === undefined || !bytes.subarray(start + 2, start + 2 + word.length).equals(wordBytes[word])) return false
    this.word = word
    let at = start + 2 + word.length
    if (bytes[at++] !== 0x22) return false
    for (let field = 0; field < 7; field++) {
      if (bytes[at++] !== 0x2c) return false
      let value = 0
      let digits = 0
      for (let digit = (bytes[at] as number) - 0x30; digit >= 0 && digit <= 9; digit = (bytes[at] as number) - 0x30) {
        value = 10 * value + digit
        digits++
        at++
      }
      if (digits === 0) return false
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
    return bytes[last] === 0x2c && last > at
  }

  /** Whether the line and its result are as they were written. */
  isIntact(bytes: Buffer, start: number, result: Buffer): boolean {
    return crc32(bytes.subarray(start, this.textEnd), crc32(result)) === this.crc
  }
}

const wordsByLetter: Readonly<Record<number, JournalWord>> = Object.fromEntries(
  journalWords.map(word => [word.charCodeAt(0), word]),
)
const wordBytes = Object.fromEntries(journalWords.map(word => [word, Buffer.from(word)])) as Record<JournalWord, Buffer>
