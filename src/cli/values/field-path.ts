import { type Path, parsePath } from '../../core/json/path.js'
import { valueParser } from './value-parser.js'

/** The path of `.user.id`, `.items[0].sku` or `."odd key"`. Throws a RangeError for an invalid path. */
export const fieldPath = valueParser(
  { wanted: 'a path to a field', example: '.user.id' },
  (text): Path => parsePath(text),
)
