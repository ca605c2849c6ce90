import { compileExpressions } from '../../core/expressions/compile.js'
import type { Expression } from '../../core/expressions/parse.js'
import { Rows } from '../../core/json/rows.js'
import type { Line } from '../../core/lines.js'

/** Whether an expression is true for a record. It is for no line that is not JSON, and for none where there is no record. */
export const createRecordTest = (expression: Expression): ((line: Line | undefined) => boolean) => {
  const { paths, tests } = compileExpressions([expression])
  const [matches = () => false] = tests
  const rows = new Rows(paths)
  return line => line !== undefined && rows.scanAlone(line.bytes) && matches(line.bytes, rows.starts, rows.ends, 0)
}
