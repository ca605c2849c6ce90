import { compileExpressions } from '../../src/core/expressions/compile.js'
import { parseExpression } from '../../src/core/expressions/parse.js'
import { createScanner } from '../../src/core/json/scan.js'

/** Tests records, as JSON, with an expression. */
export const createTester = (text: string): ((record: string) => boolean) => {
  const { paths, tests } = compileExpressions([parseExpression(text)])
  const scanner = createScanner(paths)
  return record => {
    const bytes = Buffer.from(`${record}\n`)
    if (!scanner.scan(bytes, 0, bytes.length)) throw new Error(`${record} is no JSON`)
    return tests[0]?.(bytes, scanner.starts, scanner.ends, 0) === true
  }
}
