import type { TextTest } from '../../core/expressions/literal-pattern.js'
import type { Path } from '../../core/json/path.js'
import type { Rows } from '../../core/json/rows.js'
import type { JsonType } from './json-type.js'

/** A rule that the input must follow. Rules about a field do not apply to records that lack it, except for `required`. */
export type CheckRule = {
  /** Its name in reports and failures. */
  readonly name: string
  /** Violations are counted and reported, but the record passes and the check does not fail. */
  readonly warn?: boolean
  /** It has a tolerance of its own: a record that violates no other rule is not counted in `CheckFindings.failed`. */
  readonly countsAlone?: boolean
} & (RecordRule | CountRule)

/** A rule that is checked for every record. */
export type RecordRule =
  | { readonly kind: 'required'; readonly paths: readonly Path[] }
  | { readonly kind: 'type'; readonly path: Path; readonly types: readonly JsonType[] }
  | { readonly kind: 'enum'; readonly path: Path; readonly values: readonly EnumValue[] }
  | { readonly kind: 'range'; readonly path: Path; readonly min: string | undefined; readonly max: string | undefined }
  | { readonly kind: 'match'; readonly path: Path; readonly pattern: Pattern }
  /** The values of these fields together must be unique; after `maxKeys` different ones that cannot be decided. */
  | { readonly kind: 'unique'; readonly paths: readonly Path[]; readonly maxKeys: number }
  /** No value may be smaller than an earlier one: null < false < true < numbers < strings by code points. */
  | { readonly kind: 'sorted'; readonly path: Path }
  /** The newest time of all records must be at most this many milliseconds ago. */
  | { readonly kind: 'freshness'; readonly path: Path; readonly within: number }
  /** Returns what is wrong with a value; an empty list for a valid one. */
  | { readonly kind: 'schema'; readonly validate: (value: unknown) => readonly Violation[] }

/** The number of records. */
export type CountRule = { readonly kind: 'count'; readonly min: number; readonly max: number }

/** An unquoted text matches a string with this text, or a number, true, false or null written so; a quoted one only a string. */
export type EnumValue = { readonly text: string; readonly isQuoted: boolean }

/** A regular expression, or a function that tests the same. */
export type Pattern = {
  readonly source: string
  test(text: string): boolean
  /** Tests the JSON string at a byte range, if that is faster. */
  readonly testAt?: TextTest | undefined
}

/** What is wrong at one place of a record. It never contains the value itself. */
export type Violation = {
  /** Where: `.items[0].sku`, `.` being the record. */
  readonly path: string
  /** The type that was found: a JSON type (`number` for integers) or `missing`. */
  readonly type: JsonType | 'missing'
  /** A sentence: `.amount is a string, expected a number`. */
  readonly message: string
}

/** The verdict of a rule about a record: it does not apply, it holds, or it is violated. */
export const verdicts = { silent: 0, good: 1, bad: 2 } as const

export type RuleVerdict = (typeof verdicts)[keyof typeof verdicts]

/** A rule at work. */
export type Examiner = {
  /** Examines a row; called once per record, in order. */
  examine(bytes: Buffer, rows: Rows, row: number): RuleVerdict
  /** For a rule about the whole value: the same for a parsed value. */
  judge?(value: unknown): RuleVerdict
  /** What is wrong with the last examined record. */
  describe(bytes: Buffer, rows: Rows, row: number): readonly Violation[]
  /** At the end of the input: what is wrong with the input as a whole, as a sentence. `now`: wall clock in milliseconds. */
  conclude?(now: number): string | undefined
}

/** Where the values of a path are in rows. */
export type Places = (path: Path) => number
