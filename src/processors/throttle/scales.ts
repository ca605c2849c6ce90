import { Failure } from '../../core/failure.js'
import { missingField, placeOf } from '../../core/json/field-place.js'
import type { Path } from '../../core/json/path.js'
import { readNumber } from '../../core/json/read-number.js'
import { createScanner } from '../../core/json/scan.js'
import type { Lines } from '../../core/lines.js'
import type { KeyTable } from '../../core/tables/key-table.js'
import { canonicalKey } from '../map/prepare.js'
import { parseFailure } from '../map/shape.js'

export type ScalesOptions = {
  readonly key?: Path | undefined
  /** What a record weighs: 1, its bytes without the newline, or a number in it. */
  readonly cost: 'record' | 'bytes' | Path
}

/** Looks into a record for what a limit needs to know: its weight, and then its key. */
export type Scales = {
  /** Throws a `Failure` of kind `parse` or `field` for a record that cannot be weighed or has no key. */
  weigh(lines: Lines, index: number): number
  /** The slot of the key of the record weighed last, as `KeyTable.use` gives it. */
  useKey(bytes: Buffer, keys: KeyTable): number
  /** The key of the record weighed last, as JSON; empty without `key`. */
  readKey(bytes: Buffer): string
}

export const createScales = ({ key, cost }: ScalesOptions): Scales => {
  const costPath = typeof cost === 'string' ? undefined : cost
  const paths = [...(key === undefined ? [] : [key]), ...(costPath === undefined ? [] : [costPath])]
  const scanner = createScanner(paths)
  const keyPlace = placeOf(scanner)
  const costPlace = placeOf(scanner, paths.length - 1)

  const readCost = (lines: Lines, index: number, path: Path): number => {
    if (costPlace.start === -1) throw missingField(lines.number + index, path, '--cost')
    const weight = readNumber(lines.bytes, costPlace.start, costPlace.end)
    if (weight !== undefined && weight >= 0 && weight < Number.POSITIVE_INFINITY) return weight
    const message = `Line ${lines.number + index}: ${path.text} for --cost is no number from 0 up`
    throw new Failure('field', 'input', message)
  }

  return {
    weigh(lines, index) {
      const start = lines.start(index)
      const end = lines.end(index)
      if (paths.length > 0 && !scanner.scan(lines.bytes, start, end)) throw parseFailure(lines.at(index))
      if (key !== undefined && keyPlace.start === -1) throw missingField(lines.number + index, key, '--key')
      if (costPath !== undefined) return readCost(lines, index, costPath)
      return cost === 'bytes' ? end - start - 1 : 1
    },
    useKey(bytes, keys) {
      const { start, end } = keyPlace
      if (scanner.escapes === 0 || bytes[start] !== 0x22 || !hasBackslash(bytes, start, end))
        return keys.use(bytes, start, end)
      const text = Buffer.from(canonicalKey(bytes, start, end))
      return keys.use(text, 0, text.length)
    },
    readKey: bytes => (key === undefined ? '' : canonicalKey(bytes, keyPlace.start, keyPlace.end)),
  }
}

// The same string written with an escape is the same key.
const hasBackslash = (bytes: Buffer, start: number, end: number): boolean => {
  for (let at = start + 1; at < end; at++) if (bytes[at] === 0x5c) return true
  return false
}
