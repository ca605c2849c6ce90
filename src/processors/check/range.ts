import { compareNumber, knowNumber } from '../../core/expressions/compare.js'
import type { Path } from '../../core/json/path.js'
import { readNumber } from '../../core/json/read-number.js'
import { isNumberAt, RecordField } from './fields.js'
import { type Examiner, type Places, verdicts } from './rule.js'

/** The value must be a number from `min` to `max`, inclusive and compared exactly. */
export const examineRange = (
  { path, min, max }: { readonly path: Path; readonly min: string | undefined; readonly max: string | undefined },
  places: Places,
): Examiner => {
  const field = new RecordField(path, places(path))
  const low = min === undefined ? undefined : knowNumber(min)
  const high = max === undefined ? undefined : knowNumber(max)
  const least = low?.value ?? Number.NEGATIVE_INFINITY
  const greatest = high?.value ?? Number.POSITIVE_INFINITY
  const wanted =
    min === undefined
      ? `a number up to ${max}`
      : max === undefined
        ? `a number from ${min}`
        : `a number from ${min} to ${max}`
  return {
    examine(bytes, rows, row) {
      const start = field.start(rows, row)
      if (start === -1) return verdicts.silent
      if (!isNumberAt(bytes, start)) return verdicts.bad
      const end = field.end(rows, row)
      const value = readNumber(bytes, start, end) as number
      // Nearly always enough: doubles that differ have the same order as the exact numbers.
      if (value > least && value < greatest) return verdicts.good
      if (low !== undefined && compareNumber(bytes, start, end, low) === -1) return verdicts.bad
      return high !== undefined && compareNumber(bytes, start, end, high) === 1 ? verdicts.bad : verdicts.good
    },
    describe(bytes, rows, row) {
      const start = field.start(rows, row)
      if (!isNumberAt(bytes, start)) return [field.wrongType(bytes, rows, row, wanted)]
      const isLow = low !== undefined && compareNumber(bytes, start, field.end(rows, row), low) === -1
      return [field.wrongValue(bytes, rows, row, isLow ? `is below ${min}` : `is above ${max}`)]
    },
  }
}
