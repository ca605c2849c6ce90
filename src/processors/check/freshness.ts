import { formatDuration } from '../../core/format-duration.js'
import type { Path } from '../../core/json/path.js'
import { readTime } from '../../core/json/read-time.js'
import { RecordField } from './fields.js'
import { type Examiner, type Places, verdicts } from './rule.js'

/** The newest time of all records must not be too long ago. */
export const examineFreshness = (
  { path, within }: { readonly path: Path; readonly within: number },
  places: Places,
): Examiner => {
  const field = new RecordField(path, places(path))
  let newest = Number.NEGATIVE_INFINITY
  return {
    examine(bytes, rows, row) {
      const start = field.start(rows, row)
      if (start === -1) return verdicts.silent
      const time = readTime(bytes, start, field.end(rows, row))
      if (time === undefined) return verdicts.bad
      if (time > newest) newest = time
      return verdicts.good
    },
    describe: (bytes, rows, row) => [
      field.wrongValue(
        bytes,
        rows,
        row,
        'is not a time: expected RFC 3339 with a time zone, or seconds or milliseconds since 1970',
      ),
    ],
    conclude(now) {
      if (newest === Number.NEGATIVE_INFINITY) return `No record has a time at ${field.text}`
      const age = now - newest
      if (age <= within) return undefined
      return `The newest ${field.text} is ${formatDuration(age)} old, more than ${formatDuration(within)}`
    },
  }
}
