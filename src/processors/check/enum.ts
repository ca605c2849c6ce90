import { compareNumber, knowNumber } from '../../core/expressions/compare.js'
import type { Path } from '../../core/json/path.js'
import { jsonNumber } from '../../core/json/read-number.js'
import { readString } from '../../core/json/read-string.js'
import { isNumberAt, RecordField } from './fields.js'
import { type EnumValue, type Examiner, type Places, verdicts } from './rule.js'

/** The value must be one of these. */
export const examineEnum = (
  { path, values }: { readonly path: Path; readonly values: readonly EnumValue[] },
  places: Places,
): Examiner => {
  const field = new RecordField(path, places(path))
  const texts = new Set(values.map(({ text }) => text))
  const words = values.filter(({ isQuoted }) => !isQuoted).map(({ text }) => Buffer.from(text))
  const numbers = values
    .filter(({ text, isQuoted }) => !isQuoted && jsonNumber.test(text))
    .map(({ text }) => knowNumber(text))
  // Comparing bytes avoids creating a string.
  const strings = groupByLength(values.map(({ text }) => Buffer.from(`"${text}"`)))

  const isOne = (bytes: Buffer, start: number, end: number, isPlain: boolean): boolean => {
    if (bytes[start] === 0x22) {
      if (isPlain) return holdsSame(strings[(end - start) & 63] as readonly Buffer[], bytes, start, end)
      return texts.has(readString(bytes, start, end) as string)
    }
    if (holdsSame(words, bytes, start, end)) return true
    if (!isNumberAt(bytes, start)) return false
    for (const number of numbers) {
      if (compareNumber(bytes, start, end, number) === 0) return true
    }
    return false
  }

  const list = values.map(({ text, isQuoted }) => (isQuoted ? JSON.stringify(text) : text)).join(', ')
  const shown = list.length > longest ? `${list.slice(0, longest)}…` : list
  return {
    examine(bytes, rows, row) {
      const start = field.start(rows, row)
      if (start === -1) return verdicts.silent
      return isOne(bytes, start, field.end(rows, row), rows.escapes[row] === 0) ? verdicts.good : verdicts.bad
    },
    describe: (bytes, rows, row) => [field.wrongValue(bytes, rows, row, `is none of ${shown}`)],
  }
}

const longest = 100

/** Groups words by their length modulo 64. */
const groupByLength = (words: readonly Buffer[]): readonly (readonly Buffer[])[] =>
  Array.from({ length: 64 }, (_, length) => words.filter(word => (word.length & 63) === length))

const holdsSame = (words: readonly Buffer[], bytes: Buffer, start: number, end: number): boolean => {
  next: for (let index = 0; index < words.length; index++) {
    const word = words[index] as Buffer
    if (word.length !== end - start) continue
    for (let at = 0; at < word.length; at++) if (word[at] !== bytes[start + at]) continue next
    return true
  }
  return false
}
