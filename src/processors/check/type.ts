import { canonicalText } from '../../core/json/canonical.js'
import type { Path } from '../../core/json/path.js'
import { RecordField } from './fields.js'
import { describeTypes, type JsonType, typeAt } from './json-type.js'
import { type Examiner, type Places, verdicts } from './rule.js'

/** The value must have one of these types. */
export const examineType = (
  { path, types }: { readonly path: Path; readonly types: readonly JsonType[] },
  places: Places,
): Examiner => {
  const field = new RecordField(path, places(path))
  const allowed = new Set<string>(types)
  const wantsWhole = allowed.has('integer') && !allowed.has('number')
  // For each possible first byte of a value, whether its type is allowed.
  const isAllowed = Uint8Array.from({ length: 256 }, (_, byte) => {
    const type = typeAt(Buffer.of(byte), 0)
    return allowed.has(type) || (wantsWhole && type === 'number') ? 1 : 0
  })
  const wanted = describeTypes(types)
  return {
    examine(bytes, rows, row) {
      const start = field.start(rows, row)
      if (start === -1) return verdicts.silent
      if (isAllowed[bytes[start] as number] === 0) return verdicts.bad
      if (!wantsWhole || typeAt(bytes, start) !== 'number') return verdicts.good
      return isWhole(bytes, start, field.end(rows, row)) ? verdicts.good : verdicts.bad
    },
    describe: (bytes, rows, row) => [
      wantsWhole && field.type(bytes, rows, row) === 'number'
        ? field.wrongValue(bytes, rows, row, `is not ${wanted}`)
        : field.wrongType(bytes, rows, row, wanted),
    ],
  }
}

/** Whether a number has no fraction: `1`, `1.0` and `1e3`. */
const isWhole = (bytes: Buffer, start: number, end: number): boolean => {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number
    if (byte === 0x2e || byte === 0x65 || byte === 0x45) return !canonicalText(bytes, start, end).includes('e-')
  }
  return true
}
