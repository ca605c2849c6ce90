import { Failure } from '../../core/failure.js'
import { placeOf } from '../../core/json/field-place.js'
import type { Path } from '../../core/json/path.js'
import { readNumber } from '../../core/json/read-number.js'
import { missingField, parseFailure } from '../../core/json/record-failures.js'
import { createScanner } from '../../core/json/scan.js'
import type { Lines } from '../../core/lines.js'
import type { KeyTable } from '../../core/tables/key-table.js'
import { canonicalKey } from '../map/prepare.js'

/** What a record weighs: 1, its bytes without the newline, or a number in it. */
export type Cost = 'record' | 'bytes' | Path

export type ScalesOptions = {
  readonly key?: Path | undefined
  /** What a record weighs in each limit. */
  readonly costs: readonly Cost[]
}

/** Looks into a record for what a limit needs to know: its weight, and then its key. */
export type Scales = {
  /** Finds the `weights` of a record. Throws a `Failure` of kind `parse` or `field` for one that cannot be weighed or has no key. */
  weigh(lines: Lines, index: number): void
  /** What the record weighed last weighs in each limit. */
  readonly weights: Float64Array
  /** The slot of the key of the record weighed last, as `KeyTable.use` gives it. */
  useKey(bytes: Buffer, keys: KeyTable): number
  /** The key of the record weighed last, as JSON; empty without `key`. */
  readKey(bytes: Buffer): string
}

export const createScales = ({ key, costs }: ScalesOptions): Scales => {
  const paths = [...(key === undefined ? [] : [key]), ...costs.filter(cost => typeof cost !== 'string')]
  const scanner = createScanner(paths)
  const keyPlace = placeOf(scanner)
  const flag = costs.length > 1 ? '--rate' : '--cost'
  const weights = new Float64Array(costs.length)
  let place = key === undefined ? 0 : 1
  const places = costs.map(cost => placeOf(scanner, typeof cost === 'string' ? -1 : place++))

  const readCost = (lines: Lines, index: number, path: Path, { start, end }: ReturnType<typeof placeOf>): number => {
    if (start === -1) throw missingField(lines.number + index, path, flag)
    const weight = readNumber(lines.bytes, start, end)
    if (weight !== undefined && weight >= 0 && weight < Number.POSITIVE_INFINITY) return weight
    const message = `Line ${lines.number + index}: ${path.text} for ${flag} is no number from 0 up`
    throw new Failure('field', 'input', message)
  }

  return {
    weights,
    weigh(lines, index) {
      const start = lines.start(index)
      const end = lines.end(index)
      if (paths.length > 0 && !scanner.scan(lines.bytes, start, end)) throw parseFailure(lines.at(index))
      if (key !== undefined && keyPlace.start === -1) throw missingField(lines.number + index, key, '--key')
      for (let limit = 0; limit < costs.length; limit++) {
        const cost = costs[limit] as Cost
        if (cost === 'record') weights[limit] = 1
        else if (cost === 'bytes') weights[limit] = end - start - 1
        else weights[limit] = readCost(lines, index, cost, places[limit] as ReturnType<typeof placeOf>)
      }
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
