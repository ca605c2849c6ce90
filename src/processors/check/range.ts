import { compareNumbers } from '../../core/json/decimal.js'
import type { Path } from '../../core/json/path.js'
import { readNumber } from '../../core/json/read-number.js'
import { Field, isNumberAt } from './fields.js'
import { type Examiner, type Places, verdicts } from './rule.js'

/** The value is a number from `min` to `max`, both included and compared exactly. */
export const examineRange = (
  { path, min, max }: { readonly path: Path; readonly min: string | undefined; readonly max: string | undefined },
  places: Places,
): Examiner => {
  const field = new Field(path, places(path))
  const low = createBound(min, Number.NEGATIVE_INFINITY)
  const high = createBound(max, Number.POSITIVE_INFINITY)
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
      // Nearly always: doubles that differ are in the order of the numbers themselves.
      if (value > low.value && value < high.value) return verdicts.good
      if (low.text !== undefined && compareNumbers(bytes, start, end, low.text, 0, low.text.length) < 0)
        return verdicts.bad
      if (high.text !== undefined && compareNumbers(bytes, start, end, high.text, 0, high.text.length) > 0)
        return verdicts.bad
      return verdicts.good
    },
    describe(bytes, rows, row) {
      const start = field.start(rows, row)
      if (!isNumberAt(bytes, start)) return [field.wrongType(bytes, rows, row, wanted)]
      const isLow =
        low.text !== undefined && compareNumbers(bytes, start, field.end(rows, row), low.text, 0, low.text.length) < 0
      return [field.wrongValue(bytes, rows, row, isLow ? `is below ${min}` : `is above ${max}`)]
    },
  }
}

const createBound = (text: string | undefined, none: number) =>
  text === undefined ? { value: none, text: undefined } : { value: Number(text), text: Buffer.from(text) }
