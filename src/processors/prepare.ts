import { Failure } from '../core/failure.js'
import type { Line } from '../core/lines.js'
import type { Path } from '../core/path.js'
import { createScanner } from '../core/scan.js'
import { parseFailure } from './shape.js'

/**
 * Looks at a record before it is called: whether it is JSON, where the result will be put together with it, and the value
 * to order by. Throws a `Failure` of kind `parse` or `field`: better before a call that costs something than after it.
 */
export const createPrepare = (mustBeJson: boolean, orderBy: Path | undefined): ((line: Line) => string | undefined) => {
  if (!mustBeJson && orderBy === undefined) return () => undefined
  const scanner = createScanner(orderBy === undefined ? [] : [orderBy])
  return line => {
    if (!scanner.scan(line.bytes, 0, line.bytes.length)) throw parseFailure(line)
    if (orderBy === undefined) return undefined
    const start = scanner.starts[0] ?? -1
    if (start === -1) {
      throw new Failure('field', 'input', `Line ${line.number} has no field ${orderBy.text} for --order-by`)
    }
    return canonicalKey(line.bytes, start, scanner.ends[0] ?? -1)
  }
}

/** The JSON of a key's value: a string that is written in different ways is the same key. */
export const canonicalKey = (bytes: Buffer, start: number, end: number): string => {
  const text = bytes.toString('utf8', start, end)
  return text.includes('\\') ? JSON.stringify(JSON.parse(text)) : text
}
