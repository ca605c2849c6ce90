import { KeyReader } from '../../core/json/key-reader.js'
import type { Path } from '../../core/json/path.js'
import { missingField, parseFailure } from '../../core/json/record-failures.js'
import { Rows } from '../../core/json/rows.js'
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
  const rows = new Rows([path])
  const reader = new KeyReader([path])
  return line => {
    if (!rows.scanAlone(line.bytes)) throw parseFailure(line)
    if (!reader.read(rows, line.bytes, 0)) throw missingField(line.number, path, '--order-by')
    return reader.text
  }
}
