import { Failure } from '../core/failure.js'
import { parsePath } from '../core/json/path.js'
import { createPushEach } from '../core/json/push-each.js'
import { parseFailure } from '../core/json/record-failures.js'
import { Rows } from '../core/json/rows.js'
import { splitElements } from '../core/json/split-elements.js'
import type { CreateProcessor } from '../core/processor.js'

export type UnbatchOptions = {
  /** Use the elements of the field `items`, as `batch --envelope` writes them. */
  readonly items: boolean
}

/**
 * Turns each array back into its elements, one per line, byte for byte. Rejects a record that is not an array (or has none in
 * `items`) as `field`, and a line that is not valid JSON as `parse`.
 */
export const createUnbatch: CreateProcessor<UnbatchOptions> = ({ items }, context) => {
  const { emit, reject } = context
  const rows = new Rows([parsePath(items ? '.items' : '.')], { divided: true })

  const push = createPushEach(context, (lines, index) => {
    const row = rows.find(lines, index)
    if (rows.good[row] === 0) {
      const line = lines.at(index)
      return reject(line, parseFailure(line))
    }
    const start = rows.starts[row] as number
    if (start === -1 || lines.bytes[start] !== 0x5b) {
      const wanted = items ? 'does not have an array at .items' : 'is not an array'
      return reject(lines.at(index), new Failure('field', 'input', `Line ${lines.number + index} ${wanted}`))
    }
    return emit(splitElements(rows, row, lines, index), 1)
  })

  return { holdsNothing: true, push }
}
