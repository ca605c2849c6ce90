import { compileExpressions } from '../core/expressions/compile.js'
import type { Expression } from '../core/expressions/parse.js'
import type { Fault } from '../core/expressions/strict.js'
import { Failure } from '../core/failure.js'
import { missingField, parseFailure } from '../core/json/record-failures.js'
import { Rows } from '../core/json/rows.js'
import type { Lines } from '../core/lines.js'
import { Neighbours } from '../core/neighbours.js'
import type { CreateProcessor } from '../core/processor.js'

export type FilterOptions = {
  /** The condition for a record to pass, from `parseExpression`. */
  readonly expression: Expression
  /** Passes the records for which the expression is not true. */
  readonly invert?: boolean
  /** Rejects a record as `field` if a field that the expression looks at is missing or has the wrong type. */
  readonly strict?: boolean
}

/** Passes on the records that match; the others count as filtered. Rejects a line that is not valid JSON as `parse`. */
export const createFilter: CreateProcessor<FilterOptions> = (
  { expression, invert = false, strict = false },
  context,
) => {
  const { paths, tests, takeFault } = compileExpressions([expression], { strict })
  const [matches = () => false] = tests
  const rows = new Rows(paths)
  const { good, starts, ends, width } = rows

  return {
    holdsNothing: true,
    push(lines: Lines): void | Promise<void> {
      const passing = new Neighbours((from, until) => context.emit(lines.slice(from, until)))
      const { bytes } = lines
      let dropped = 0
      for (let index = 0; index < lines.length; index++) {
        const row = rows.find(lines, index)
        const isGood = good[row] === 1
        const isMatch = isGood && matches(bytes, starts, ends, row * width)
        const fault = isGood && strict ? takeFault() : undefined
        if (isGood && fault === undefined) {
          if (isMatch !== invert) continue
          passing.leaveOut(index)
          dropped++
          continue
        }
        passing.leaveOut(index)
        const line = lines.at(index)
        context.reject(line, fault === undefined ? parseFailure(line) : describeFault(line.number, fault))
        if (!context.stopping.aborted) continue
        // The run was stopped because too many records failed: the rest of the push is given back.
        context.filter(dropped)
        context.giveBack(lines.slice(index + 1))
        return passing.end(index + 1)
      }
      if (dropped > 0) context.filter(dropped)
      return passing.end(lines.length)
    },
  }
}

const describeFault = (number: number, { path, found, wanted }: Fault): Failure =>
  found === undefined
    ? missingField(number, path, 'the expression')
    : new Failure('field', 'input', `Line ${number}: ${path.text} is of type ${found}, the expression needs ${wanted}`)
