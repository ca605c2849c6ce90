import { canonicalText, isCanonical } from '../json/canonical.js'
import type { Path } from '../json/path.js'
import { readString } from '../json/read-string.js'
import { compareNumber, compareStrings, knowNumber, type Standing, unlike } from './compare.js'
import { createLiteralTest, type TextTest } from './literal-pattern.js'
import type { Expression } from './parse.js'
import { compilePattern } from './pattern.js'
import { createStrictness, type Fault, typeOf } from './strict.js'
import type { Leaf, Operator, Test, Tree } from './tree.js'

export type Conditions = {
  /** What the tests look at, each path once. */
  readonly paths: readonly Path[]
  /** For each expression one. */
  readonly tests: readonly Test[]
  /** The first thing that a strict test could not compare since it was last asked. */
  takeFault(): Fault | undefined
}

/** Several expressions over the same records. `strict` notes missing fields and wrong types among what is looked at. */
export const compileExpressions = (expressions: readonly Expression[], { strict = false } = {}): Conditions => {
  const paths: Path[] = []
  const places = new Map<string, number>()
  const placeOf = (path: Path): number => {
    const key = JSON.stringify(path.segments)
    const known = places.get(key) ?? paths.push(path) - 1
    places.set(key, known)
    return known
  }
  const { watch, takeFault } = createStrictness(paths)

  const compile = (tree: Tree): Test => {
    if (tree.is === 'or' || tree.is === 'and') return joinTests(tree.terms.map(compile), tree.is === 'or')
    if (tree.is === 'not') {
      const inner = compile(tree.inner)
      return (bytes, starts, ends, base) => !inner(bytes, starts, ends, base)
    }
    const place = placeOf(tree.path)
    const other = tree.is === 'fields' ? placeOf(tree.other) : -1
    const test = compileLeaf(tree, place, other)
    return strict ? watch(tree, place, other, test) : test
  }

  return { paths, tests: expressions.map(({ tree }) => compile(tree)), takeFault }
}

const joinTests = (terms: readonly Test[], isOr: boolean): Test => {
  const [first, second] = terms as readonly [Test, Test]
  if (terms.length === 2) {
    if (isOr)
      return (bytes, starts, ends, base) => first(bytes, starts, ends, base) || second(bytes, starts, ends, base)
    return (bytes, starts, ends, base) => first(bytes, starts, ends, base) && second(bytes, starts, ends, base)
  }
  return (bytes, starts, ends, base) => {
    for (let at = 0; at < terms.length; at++) if ((terms[at] as Test)(bytes, starts, ends, base) === isOr) return isOr
    return !isOr
  }
}

const compileLeaf = (tree: Leaf, place: number, other: number): Test => {
  switch (tree.is) {
    case 'has':
      return (_bytes, starts, _ends, base) => starts[base + place] !== -1
    case 'holds':
      return (bytes, starts, _ends, base) => {
        const start = starts[base + place] as number
        return start !== -1 && bytes[start] !== 0x66 && bytes[start] !== 0x6e
      }
    case 'value':
      return relate(tree.operator, compareWith(tree.json, place))
    case 'fields':
      return relate(tree.operator, compareFields(place, other, tree.operator === '==' || tree.operator === '!='))
    case 'pattern':
      return searchText(tree.source, tree.negated, place)
    case 'list':
      return isListed(tree.json, place)
  }
}

type Compare = (bytes: Buffer, starts: Int32Array, ends: Int32Array, base: number) => Standing

const relate = (operator: Operator, compare: Compare): Test => {
  switch (operator) {
    case '==':
      return (bytes, starts, ends, base) => compare(bytes, starts, ends, base) === 0
    case '!=':
      return (bytes, starts, ends, base) => compare(bytes, starts, ends, base) !== 0
    case '<':
      return (bytes, starts, ends, base) => compare(bytes, starts, ends, base) === -1
    case '<=':
      return (bytes, starts, ends, base) => compare(bytes, starts, ends, base) <= 0
    case '>':
      return (bytes, starts, ends, base) => compare(bytes, starts, ends, base) === 1
    case '>=':
      return (bytes, starts, ends, base) => {
        const standing = compare(bytes, starts, ends, base)
        return standing === 1 || standing === 0
      }
  }
}

const compareWith = (json: string, place: number): Compare => {
  const first = json.charCodeAt(0)
  if (first === 0x22) {
    // As few escapes as can be: the usual string is compared byte by byte.
    const text = Buffer.from(JSON.stringify(JSON.parse(json)))
    return (bytes, starts, ends, base) => {
      const start = starts[base + place] as number
      if (start === -1 || bytes[start] !== 0x22) return unlike
      return compareStrings(bytes, start, ends[base + place] as number, text, 0, text.length)
    }
  }
  if (first === 0x2d || (first >= 0x30 && first <= 0x39)) {
    const known = knowNumber(json)
    return (bytes, starts, ends, base) => {
      const start = starts[base + place] as number
      return start === -1 ? unlike : compareNumber(bytes, start, ends[base + place] as number, known)
    }
  }
  if (first !== 0x5b && first !== 0x7b) {
    // `true`, `false` and `null` are told by their first letter.
    return (bytes, starts, _ends, base) => {
      const start = starts[base + place] as number
      return start !== -1 && bytes[start] === first ? 0 : unlike
    }
  }
  const canonical = writeJson(json)
  return (bytes, starts, ends, base) => {
    const start = starts[base + place] as number
    if (start === -1 || bytes[start] !== first) return unlike
    return canonicalText(bytes, start, ends[base + place] as number) === canonical ? 0 : unlike
  }
}

const compareFields =
  (place: number, other: number, isEquality: boolean): Compare =>
  (bytes, starts, ends, base) => {
    const start = starts[base + place] as number
    const otherStart = starts[base + other] as number
    if (start === -1 || otherStart === -1) return unlike
    const type = typeOf(bytes[start] as number)
    if (type !== typeOf(bytes[otherStart] as number)) return unlike
    const end = ends[base + place] as number
    const otherEnd = ends[base + other] as number
    if (type === 'string') return compareStrings(bytes, start, end, bytes, otherStart, otherEnd)
    if (type === 'number') {
      return compareNumber(bytes, start, end, knowNumber(bytes.toString('latin1', otherStart, otherEnd)))
    }
    // All others have no order.
    if (!isEquality) return unlike
    if (type === 'boolean' || type === 'null') return bytes[start] === bytes[otherStart] ? 0 : unlike
    return canonicalText(bytes, start, end) === canonicalText(bytes, otherStart, otherEnd) ? 0 : unlike
  }

const searchText = (source: string, negated: boolean, place: number): Test => {
  const fits = createLiteralTest(source) ?? createSearch(source)
  return (bytes, starts, ends, base) => {
    const start = starts[base + place] as number
    return (start !== -1 && bytes[start] === 0x22 && fits(bytes, start, ends[base + place] as number)) !== negated
  }
}

const createSearch = (source: string): TextTest => {
  const pattern = compilePattern(source)
  return (bytes, start, end) => pattern.test(readString(bytes, start, end) ?? '')
}

const isListed = (list: readonly string[], place: number): Test => {
  if (list.length > 8) return isInSet(list, place)
  const tests = list.map(json => relate('==', compareWith(json, place)))
  return (bytes, starts, ends, base) => {
    for (let at = 0; at < tests.length; at++) if ((tests[at] as Test)(bytes, starts, ends, base)) return true
    return false
  }
}

const isInSet = (list: readonly string[], place: number): Test => {
  const known = new Set(list.map(writeJson))
  return (bytes, starts, ends, base) => {
    const start = starts[base + place] as number
    if (start === -1) return false
    const end = ends[base + place] as number
    // An escape may stand in any string here.
    const text = isCanonical(bytes, start, end, 1)
      ? bytes.toString('utf8', start, end)
      : canonicalText(bytes, start, end)
    return known.has(text)
  }
}

const writeJson = (json: string): string => canonicalText(Buffer.from(json), 0, Buffer.byteLength(json))
