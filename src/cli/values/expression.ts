import { type Expression, parseExpression } from '../../core/expressions/parse.js'
import { valueParser } from './value-parser.js'

/** The expression of `.amount > 100`. Throws a RangeError that says where it is wrong. */
export const expression = valueParser(
  { wanted: 'a condition on the record', example: `'.amount > 100'` },
  (text): Expression => parseExpression(text),
)
