import { KeyReader, type MissingKey } from '../../core/json/key-reader.js'
import type { Path } from '../../core/json/path.js'
import { missingField, parseFailure } from '../../core/json/record-failures.js'
import { Rows } from '../../core/json/rows.js'
import type { Lines } from '../../core/lines.js'
import type { Context } from '../../core/processor.js'

/** Reads the key of a line into a reader. */
export type KeyOf = {
  readonly reader: KeyReader
  /** `key`: the reader holds it; `pass`: the record goes on as it is; `gone`: it was rejected or dropped. */
  read(lines: Lines, index: number): 'key' | 'pass' | 'gone'
}

export const createKeyOf = (paths: readonly Path[], missing: MissingKey | undefined, context: Context): KeyOf => {
  const rows = new Rows(paths)
  const reader = new KeyReader(paths)
  return {
    reader,
    read(lines, index) {
      const row = rows.find(lines, index)
      if (rows.good[row] === 0) {
        const line = lines.at(index)
        context.reject(line, parseFailure(line))
        return 'gone'
      }
      if (reader.read(rows, lines.bytes, row)) return 'key'
      if (missing === 'pass') return 'pass'
      const number = lines.number + index
      if (missing === 'drop') context.filter(1, number)
      else context.reject(lines.at(index), missingField(number, reader.missing as Path, '--key'))
      return 'gone'
    },
  }
}
