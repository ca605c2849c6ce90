import type { Path } from '../json/path.js'

export type Operator = '==' | '!=' | '<' | '<=' | '>' | '>='

/** What an expression says, with the values as the JSON that stands there. */
export type Tree =
  | { readonly is: 'or'; readonly terms: readonly Tree[] }
  | { readonly is: 'and'; readonly terms: readonly Tree[] }
  | { readonly is: 'not'; readonly inner: Tree }
  | Leaf

/** What looks at a field. */
export type Leaf =
  /** A path alone: there, and neither `false` nor `null`. */
  | { readonly is: 'holds'; readonly path: Path }
  | { readonly is: 'has'; readonly path: Path }
  | { readonly is: 'value'; readonly path: Path; readonly operator: Operator; readonly json: string }
  | { readonly is: 'fields'; readonly path: Path; readonly operator: Operator; readonly other: Path }
  | { readonly is: 'pattern'; readonly path: Path; readonly negated: boolean; readonly source: string }
  | { readonly is: 'list'; readonly path: Path; readonly json: readonly string[] }

/**
 * Tells whether an expression is true for a record, from where in `bytes` the values at its paths are: those of path number `n`
 * from `starts[base + n]`, -1 when it is missing, to `ends[base + n]`.
 */
export type Test = (bytes: Buffer, starts: Int32Array, ends: Int32Array, base: number) => boolean
