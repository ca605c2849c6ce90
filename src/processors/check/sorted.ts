import { compareNumbers } from '../../core/json/decimal.js'
import type { Path } from '../../core/json/path.js'
import { readString } from '../../core/json/read-string.js'
import { Field } from './fields.js'
import { typeAt } from './json-type.js'
import { type Examiner, type Places, verdicts } from './rule.js'

/** No value is smaller than one before it. */
export const examineSorted = ({ path }: { readonly path: Path }, places: Places): Examiner => {
  const field = new Field(path, places(path))
  // The greatest value so far: a string in plain UTF-8 between its quotes, the others as they are written.
  let greatest = Buffer.alloc(64)
  let length = 0
  let greatestRank = -1

  const keep = (rank: number, bytes: Buffer, start: number, end: number) => {
    greatestRank = rank
    length = end - start
    if (length > greatest.length) greatest = Buffer.alloc(2 * length)
    bytes.copy(greatest, 0, start, end)
  }

  const examinePlain = (rank: number, bytes: Buffer, start: number, end: number) => {
    const order =
      rank !== greatestRank
        ? rank - greatestRank
        : rank === ranks.string
          ? bytes.compare(greatest, 1, length - 1, start + 1, end - 1)
          : rank === ranks.number
            ? compareNumbers(bytes, start, end, greatest, 0, length)
            : 0
    if (order < 0) return verdicts.bad
    if (order > 0) keep(rank, bytes, start, end)
    return verdicts.good
  }

  return {
    examine(bytes, rows, row) {
      const start = field.start(rows, row)
      if (start === -1) return verdicts.silent
      const end = field.end(rows, row)
      const rank = rankOf(bytes, start)
      if (rank === -1) return verdicts.bad
      if (rank !== ranks.string || rows.escapes[row] === 0) return examinePlain(rank, bytes, start, end)
      const text = Buffer.from(`"${readString(bytes, start, end)}"`)
      return examinePlain(rank, text, 0, text.length)
    },
    describe: (bytes, rows, row) => [
      rankOf(bytes, field.start(rows, row)) === -1
        ? field.wrongType(bytes, rows, row, 'a value with an order')
        : field.wrongValue(bytes, rows, row, 'is smaller than one before'),
    ],
  }
}

const ranks = { null: 0, false: 1, true: 2, number: 3, string: 4 }

const rankOf = (bytes: Buffer, start: number): number => {
  const type = typeAt(bytes, start)
  if (type === 'boolean') return bytes[start] === 0x74 ? ranks.true : ranks.false
  return type === 'array' || type === 'object' || type === 'integer' ? -1 : ranks[type]
}
