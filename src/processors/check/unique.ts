import { canonicalText, isCanonical } from '../../core/json/canonical.js'
import type { Path } from '../../core/json/path.js'
import type { Rows } from '../../core/json/rows.js'
import { createHashSet } from '../../core/tables/hash-set.js'
import { RecordField } from './fields.js'
import { describeType } from './json-type.js'
import { type Examiner, type Places, type Violation, verdicts } from './rule.js'

/** No other record may have the same value, or the same combination of values. */
export const examineUnique = (
  { paths, maxKeys }: { readonly paths: readonly Path[]; readonly maxKeys: number },
  places: Places,
): Examiner => {
  const fields = paths.map(path => new RecordField(path, places(path)))
  const [only] = fields
  const known = createHashSet({ max: maxKeys })
  let isFull = false

  const judge = (answer: ReturnType<typeof known.add>) => {
    if (answer === 'known') return verdicts.bad
    if (answer === 'full') isFull = true
    return verdicts.good
  }

  /** Written as a JSON array, so that different lists of values give different bytes. */
  const writeKey = (bytes: Buffer, rows: Rows, row: number): Buffer =>
    Buffer.from(`[${fields.map(field => writeValue(bytes, field.start(rows, row), field.end(rows, row))).join()}]`)

  return {
    examine(bytes, rows, row) {
      for (let at = 0; at < fields.length; at++) {
        if ((fields[at] as RecordField).start(rows, row) === -1) return verdicts.silent
      }
      if (fields.length === 1 && only !== undefined) {
        const start = only.start(rows, row)
        const end = only.end(rows, row)
        if (isPlain(bytes, start, end, rows.escapes[row] as number)) return judge(known.add(bytes, start, end))
      }
      const key = writeKey(bytes, rows, row)
      return judge(fields.length === 1 ? known.add(key, 1, key.length - 1) : known.add(key, 0, key.length))
    },
    describe(bytes, rows, row) {
      const types = fields.map(field => describeType(field.type(bytes, rows, row))).join(', ')
      const path = fields.map(({ text }) => text).join(',')
      const [first] = fields
      const type: Violation['type'] = first === undefined ? 'missing' : first.type(bytes, rows, row)
      return [{ path, type, message: `${path} (${types}) is the same as in an earlier record` }]
    },
    conclude: () => (isFull ? `Not decidable beyond ${describeCount(maxKeys)} values: raise --max-keys` : undefined),
  }
}

/** Written in canonical form, see `writeValue`. */
const isPlain = (bytes: Buffer, start: number, end: number, escapes: number): boolean =>
  isCanonical(bytes, start, end, escapes) || (end - start <= longestInteger && isPositiveInteger(bytes, start, end))

const isPositiveInteger = (bytes: Buffer, start: number, end: number): boolean => {
  for (let at = start; at < end; at++) if (((bytes[at] as number) ^ 0x30) > 9) return false
  return true
}

/** Canonical, except that integers of usual length keep their trailing zeros: a tenth of all ids end in one. */
const writeValue = (bytes: Buffer, start: number, end: number): string => {
  const text = canonicalText(bytes, start, end)
  const [, digits = '', zeros = ''] = /^(\d+)e(\d+)$/.exec(text) ?? []
  return digits === '' || digits.length + Number(zeros) > longestInteger ? text : digits + '0'.repeat(Number(zeros))
}

const longestInteger = 20

const describeCount = (count: number): string =>
  count >= 1e6 && count % 1e5 === 0 ? `${count / 1e6} M` : String(count)
