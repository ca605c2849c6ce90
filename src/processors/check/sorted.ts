import { compareNumber, compareStrings, knowNumber } from '../../core/expressions/compare.js'
import type { Path } from '../../core/json/path.js'
import { readNumber } from '../../core/json/read-number.js'
import { RecordField } from './fields.js'
import { typeAt } from './json-type.js'
import { type Examiner, type Places, verdicts } from './rule.js'

/** No value may be smaller than an earlier one. */
export const examineSorted = ({ path }: { readonly path: Path }, places: Places): Examiner => {
  const field = new RecordField(path, places(path))
  // The largest value so far as written; for a number also as a double.
  let greatest = Buffer.alloc(64)
  let length = 0
  let greatestRank = -1
  let greatestNumber = 0

  const keep = (rank: number, bytes: Buffer, start: number, end: number) => {
    greatestRank = rank
    length = end - start
    if (length > greatest.length) greatest = Buffer.alloc(2 * length)
    bytes.copy(greatest, 0, start, end)
    if (rank === ranks.number) greatestNumber = readNumber(bytes, start, end) as number
  }

  const compare = (rank: number, bytes: Buffer, start: number, end: number): number => {
    if (rank !== greatestRank) return rank - greatestRank
    if (rank === ranks.string) return compareStrings(bytes, start, end, greatest, 0, length)
    if (rank !== ranks.number) return 0
    const number = readNumber(bytes, start, end) as number
    // Doubles that differ have the same order as the exact numbers.
    if (number !== greatestNumber) return number - greatestNumber
    return compareNumber(bytes, start, end, knowNumber(greatest.toString('latin1', 0, length)))
  }

  return {
    examine(bytes, rows, row) {
      const start = field.start(rows, row)
      if (start === -1) return verdicts.silent
      const end = field.end(rows, row)
      const rank = rankOf(bytes, start)
      if (rank === -1) return verdicts.bad
      const order = compare(rank, bytes, start, end)
      if (order < 0) return verdicts.bad
      if (order > 0) keep(rank, bytes, start, end)
      return verdicts.good
    },
    describe: (bytes, rows, row) => [
      rankOf(bytes, field.start(rows, row)) === -1
        ? field.wrongType(bytes, rows, row, 'a value that can be sorted')
        : field.wrongValue(bytes, rows, row, 'is smaller than an earlier one'),
    ],
  }
}

const ranks = { null: 0, false: 1, true: 2, number: 3, string: 4 }

const rankOf = (bytes: Buffer, start: number): number => {
  const type = typeAt(bytes, start)
  if (type === 'boolean') return bytes[start] === 0x74 ? ranks.true : ranks.false
  return type === 'array' || type === 'object' || type === 'integer' ? -1 : ranks[type]
}
