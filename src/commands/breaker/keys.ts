import { join } from 'node:path'
import { placeOf } from '../../core/json/field-place.js'
import type { Path } from '../../core/json/path.js'
import { readString } from '../../core/json/read-string.js'
import { missingField, parseFailure } from '../../core/json/record-failures.js'
import { createScanner } from '../../core/json/scan.js'
import type { Line } from '../../core/lines.js'
import { canonicalKey } from '../../processors/map/prepare.js'

/** Finds the value of `--breaker-key` in a record, a string as its text. Throws a `Failure` for a record without it. */
export const createReadKey = (path: Path): ((line: Line) => string) => {
  const scanner = createScanner([path])
  const place = placeOf(scanner)
  return line => {
    if (!scanner.scan(line.bytes, 0, line.bytes.length)) throw parseFailure(line)
    const { start, end } = place
    if (start === -1) throw missingField(line.number, path, '--breaker-key')
    return readString(line.bytes, start, end) ?? canonicalKey(line.bytes, start, end)
  }
}

/** The state file of a key: its hash, for a key may be long and hold anything. */
export const fileOfKey = (folder: string, key: string): string =>
  join(
    folder,
    `${process.getBuiltinModule('node:crypto').createHash('sha256').update(key).digest('hex').slice(0, 32)}.json`,
  )

/** What the circuit of a key is called. */
export const nameOfKey = (name: string, key: string): string =>
  `${name}[${key.length <= longest ? key : `${key.slice(0, longest - 1)}…`}]`

const longest = 80
