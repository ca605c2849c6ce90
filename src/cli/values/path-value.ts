import { type Path, parsePath } from '../../core/json/path.js'
import { InvalidValue } from './invalid-value.js'

/** The path and the text of `.type=end`. Throws `InvalidValue`, or a RangeError for what is no path. */
export const pathValue = (text: string): { readonly path: Path; readonly text: string } => {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidValue(text, 'has no path and value', 'a field, = and its value', '.type=end')
  return { path: parsePath(text.slice(0, at)), text: text.slice(at + 1) }
}
