import { InvalidValue } from './invalid-value.js'
import { valueParser } from './value-parser.js'

const wanted = 'a name, = and a value'
const example = 'day=2026-01-31'

/** The name and the value of `day=2026-01-31`; the value may be empty. Throws `InvalidValue`. */
export const assignment = valueParser({ wanted, example }, (text): readonly [name: string, value: string] => {
  const [, name, value] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(text) ?? []
  if (name === undefined || value === undefined) throw new InvalidValue(text, 'is not an assignment', wanted, example)
  return [name, value]
})
