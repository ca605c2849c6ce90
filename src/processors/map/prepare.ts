import { placeOf } from '../../core/json/field-place.js'
import type { Path } from '../../core/json/path.js'
import { missingField, parseFailure } from '../../core/json/record-failures.js'
import { createScanner } from '../../core/json/scan.js'
import type { Line } from '../../core/lines.js'
import { createPutCheck } from './put.js'
import { checkJson } from './shape.js'

export type PrepareOptions = {
  /** The result is put at this path of the record. */
  readonly into: Path | undefined
  /** The result is put beside the record. */
  readonly keep: boolean
  readonly orderBy: Path | undefined
}

/**
 * Looks at a record before it is called: whether the result can be put together with it, and the value to order by.
 * Throws a `Failure` of kind `parse` or `field`: better before a call that costs something than after it.
 */
export const createPrepare = ({ into, keep, orderBy }: PrepareOptions): ((line: Line) => string | undefined) => {
  const check = into !== undefined ? createPutCheck(into) : keep ? checkJson : () => {}
  const readKey = orderBy === undefined ? () => undefined : createKeyReader(orderBy)
  return line => {
    check(line)
    return readKey(line)
  }
}

const createKeyReader = (path: Path): ((line: Line) => string) => {
  const scanner = createScanner([path])
  const place = placeOf(scanner)
  return line => {
    if (!scanner.scan(line.bytes, 0, line.bytes.length)) throw parseFailure(line)
    if (place.start === -1) throw missingField(line.number, path, '--order-by')
    return canonicalKey(line.bytes, place.start, place.end)
  }
}

/** The JSON of a key's value: a string that is written in different ways is the same key. */
export const canonicalKey = (bytes: Buffer, start: number, end: number): string => {
  const text = bytes.toString('utf8', start, end)
  return text.includes('\\') ? JSON.stringify(JSON.parse(text)) : text
}
