import { Failure } from '../../core/failure.js'
import { KeyReader } from '../../core/json/key-reader.js'
import type { Path } from '../../core/json/path.js'
import { readNumber } from '../../core/json/read-number.js'
import { missingField, parseFailure } from '../../core/json/record-failures.js'
import { Rows } from '../../core/json/rows.js'
import type { Lines } from '../../core/lines.js'
import type { KeyTable } from '../../core/tables/key-table.js'

/** The cost of a record: 1, its length in bytes without the newline, or the number in a field. */
export type Cost = 'record' | 'bytes' | Path

export type ScalesOptions = {
  /** Together they are the key; none when there is no key. */
  readonly key?: readonly Path[] | undefined
  /** What a record weighs in each limit. */
  readonly costs: readonly Cost[]
}

/** Looks into a record for what a limit needs to know: its weight, and then its key. */
export type Scales = {
  /**
   * Finds the `weights` of a record and its key; false when it has no key. Throws a `Failure` of kind `parse` or `field` for
   * one that cannot be weighed.
   */
  weigh(lines: Lines, index: number): boolean
  /** What the record weighed last weighs in each limit. */
  readonly weights: Float64Array
  /** The slot of the key of the record weighed last, as `KeyTable.use` gives it. */
  useKey(keys: KeyTable): number
  /** The key of the record weighed last, as JSON; empty without `key`. */
  readKey(): string
  /** Why a record without a key cannot pass. */
  missingKey(number: number): Failure
}

export const createScales = ({ key = [], costs }: ScalesOptions): Scales => {
  const paths = [...key, ...costs.filter(cost => typeof cost !== 'string')]
  const rows = new Rows(paths)
  const reader = new KeyReader(key)
  const flag = costs.length > 1 ? '--rate' : '--cost'
  const weights = new Float64Array(costs.length).fill(1)
  let place = key.length
  const places = costs.map(cost => (typeof cost === 'string' ? -1 : place++))
  const isPlain = costs.every(cost => cost === 'record')

  const readCost = (lines: Lines, index: number, path: Path, at: number): number => {
    const start = rows.starts[at] as number
    if (start === -1) throw missingField(lines.number + index, path, flag)
    const weight = readNumber(lines.bytes, start, rows.ends[at] as number)
    if (weight !== undefined && weight >= 0 && weight < Number.POSITIVE_INFINITY) return weight
    const message = `Line ${lines.number + index}: ${path.text} for ${flag} is not a number of at least 0`
    throw new Failure('field', 'input', message)
  }

  const weighAll = (lines: Lines, index: number, row: number): void => {
    for (let limit = 0; limit < costs.length; limit++) {
      const cost = costs[limit] as Cost
      if (cost === 'record') continue
      weights[limit] =
        cost === 'bytes'
          ? lines.end(index) - lines.start(index) - 1
          : readCost(lines, index, cost, row * rows.width + (places[limit] as number))
    }
  }

  return {
    weights,
    weigh(lines, index) {
      let row = 0
      if (paths.length > 0) {
        row = rows.find(lines, index)
        if (rows.good[row] === 0) throw parseFailure(lines.at(index))
        if (key.length > 0 && !reader.read(rows, lines.bytes, row)) return false
      }
      if (!isPlain) weighAll(lines, index, row)
      return true
    },
    useKey: keys => keys.use(reader.bytes, reader.start, reader.end),
    readKey: () => (key.length === 0 ? '' : reader.text),
    missingKey: number => missingField(number, reader.missing as Path, '--key'),
  }
}
