import { type Path, parsePath } from '../../core/json/path.js'
import { valueParser } from './value-parser.js'

/** The paths of `.user.id` or `.country,.user.id`. Throws a RangeError for an invalid path, and for one that occurs twice. */
export const fieldPaths = valueParser(
  { wanted: 'a path to a field, or several with commas', example: '.country,.user.id' },
  (text): readonly Path[] => {
    const paths = Array.from(text.matchAll(pieces), ([, path = '']) => parsePath(path))
    const twice = paths.find((path, at) => paths.findIndex(one => isSame(one, path)) < at)
    if (twice !== undefined) throw new RangeError(`${twice.text} occurs twice`)
    return paths
  },
)

// A comma in a quoted key divides nothing; one at an end leaves an empty path, which is none.
const pieces = /(?:^|,)((?:"(?:[^"\\]|\\.)*"|[^,"]|")*)/g

const isSame = (one: Path, other: Path): boolean => JSON.stringify(one.segments) === JSON.stringify(other.segments)
