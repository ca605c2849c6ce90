import { type Path, parsePath } from '../../core/json/path.js'
import { InvalidValue } from './invalid-value.js'
import { valueParser } from './value-parser.js'

const wanted = 'a field, = and its value'
const example = '.type=end'

/** The path and the text of `.type=end`. Throws `InvalidValue`, or a RangeError for an invalid path. */
export const pathValue = valueParser({ wanted, example }, (text): { readonly path: Path; readonly text: string } => {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidValue(text, 'has no path and value', wanted, example)
  return { path: parsePath(text.slice(0, at)), text: text.slice(at + 1) }
})
