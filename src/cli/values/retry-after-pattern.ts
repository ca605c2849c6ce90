import { InvalidValue } from './invalid-value.js'
import { valueParser } from './value-parser.js'

const wanted = 'a regular expression with one group'
const example = "'resets at (.*)'"

/** Where a command says when to come back: a regular expression whose one group is a time. Throws `InvalidValue`. */
export const retryAfterPattern = valueParser({ wanted, example }, (text): RegExp => {
  let pattern: RegExp
  let groups: number
  try {
    pattern = new RegExp(text, 'gm')
    groups = (new RegExp(`${text}|`).exec('')?.length ?? 1) - 1
  } catch {
    throw new InvalidValue(text, 'is not a valid regular expression', wanted, example)
  }
  if (groups === 1) return pattern
  throw new InvalidValue(text, groups === 0 ? 'has no group' : `has ${groups} groups`, wanted, example)
})
