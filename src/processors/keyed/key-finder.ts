import type { Failure } from '../../core/failure.js'
import { KeyReader, type MissingKey } from '../../core/json/key-reader.js'
import type { Path } from '../../core/json/path.js'
import { missingField, parseFailure } from '../../core/json/record-failures.js'
import { Rows } from '../../core/json/rows.js'
import type { Lines } from '../../core/lines.js'

export type KeyOptions = {
  /** The fields that together form the key of a record. */
  readonly key: readonly Path[]
  /** What to do with a record without the key; by default it is rejected as `field`. */
  readonly missing?: MissingKey | undefined
}

/** Finds the keys of records, one after the other. */
export type KeyFinder = {
  /** True if the record has a key, which is then in `key`; otherwise whether to pass or drop it, or why it fails. */
  find(lines: Lines, index: number): true | 'pass' | 'drop' | Failure
  /** The last key found, in canonical form: the bytes from `start` to `end`, valid until the next `find`. */
  readonly key: { readonly bytes: Buffer; readonly start: number; readonly end: number }
}

export const createKeyFinder = ({ key: paths, missing = 'fail' }: KeyOptions): KeyFinder => {
  const rows = new Rows(paths)
  const key = new KeyReader(paths)
  return {
    key,
    find(lines, index) {
      const row = rows.find(lines, index)
      if (rows.good[row] === 0) return parseFailure(lines.at(index))
      if (key.read(rows, lines.bytes, row)) return true
      return missing === 'fail' ? missingField(lines.number + index, key.missing as Path, '--key') : missing
    },
  }
}
