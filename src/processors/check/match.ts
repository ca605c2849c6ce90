import type { Path } from '../../core/json/path.js'
import { readString } from '../../core/json/read-string.js'
import { RecordField } from './fields.js'
import { type Examiner, type Pattern, type Places, verdicts } from './rule.js'

/** The value must be a string that the pattern matches. */
export const examineMatch = (
  { path, pattern }: { readonly path: Path; readonly pattern: Pattern },
  places: Places,
): Examiner => {
  const field = new RecordField(path, places(path))
  return {
    examine(bytes, rows, row) {
      const start = field.start(rows, row)
      if (start === -1) return verdicts.silent
      if (bytes[start] !== 0x22) return verdicts.bad
      const end = field.end(rows, row)
      const isThere = pattern.testAt?.(bytes, start, end) ?? pattern.test(readString(bytes, start, end) as string)
      return isThere ? verdicts.good : verdicts.bad
    },
    describe: (bytes, rows, row) => [
      field.type(bytes, rows, row) === 'string'
        ? field.wrongValue(bytes, rows, row, `does not match ${pattern.source}`)
        : field.wrongType(bytes, rows, row, `a string that matches ${pattern.source}`),
    ],
  }
}
