import type { TextTest } from '../../core/expressions/literal-pattern.js'
import type { Path } from '../../core/json/path.js'
import type { Rows } from '../../core/json/rows.js'
import type { JsonType } from './json-type.js'

/** What a good input looks like, one rule of several. Rules about a field say nothing of records that lack it; `required` does. */
export type CheckRule = {
  /** How reports and failures call it. */
  readonly name: string
  /** Violations are counted and told, but the record passes and the check does not fail. */
  readonly warn?: boolean
  /** Its violations are judged by themselves: a record that violates nothing else is not counted as failed, see `CheckFindings`. */
  readonly countsAlone?: boolean
} & (RecordRule | CountRule)

/** A rule that is held against every record. */
export type RecordRule =
  | { readonly kind: 'required'; readonly paths: readonly Path[] }
  | { readonly kind: 'type'; readonly path: Path; readonly types: readonly JsonType[] }
  | { readonly kind: 'enum'; readonly path: Path; readonly values: readonly EnumValue[] }
  | { readonly kind: 'range'; readonly path: Path; readonly min: string | undefined; readonly max: string | undefined }
  | { readonly kind: 'match'; readonly path: Path; readonly pattern: Pattern }
  /** Values of these fields together are there once; more than `maxKeys` of them cannot be told apart. */
  | { readonly kind: 'unique'; readonly paths: readonly Path[]; readonly maxKeys: number }
  /** No value is smaller than one before it: null < false < true < numbers < strings by code points. */
  | { readonly kind: 'sorted'; readonly path: Path }
  /** The newest time of all records is at most so many milliseconds ago. */
  | { readonly kind: 'freshness'; readonly path: Path; readonly within: number }
  /** Gives what is wrong with a value, nothing for a good one. */
  | { readonly kind: 'schema'; readonly validate: (value: unknown) => readonly Violation[] }

/** How many records there are. */
export type CountRule = { readonly kind: 'count'; readonly min: number; readonly max: number }

/** A word is a string of this text or a number of this value; a quoted text is a string. */
export type EnumValue = { readonly text: string; readonly isQuoted: boolean }

/** A regular expression, or what tells as much. */
export type Pattern = {
  readonly source: string
  test(text: string): boolean
  /** The same of the JSON string at a byte range, when that is faster. */
  readonly testAt?: TextTest | undefined
}

/** What is wrong at one place of a record; nothing of the value itself. */
export type Violation = {
  /** Where: `.items[0].sku`, `.` being the record. */
  readonly path: string
  /** What is there: a type of JSON, `integer` being a `number`, or `missing`. */
  readonly type: JsonType | 'missing'
  /** A sentence: `.amount is a string, wanted a number`. */
  readonly message: string
}

/** What a rule says of a record: it is not about it, it holds, or it is violated. */
export const verdicts = { silent: 0, good: 1, bad: 2 } as const

export type RuleVerdict = (typeof verdicts)[keyof typeof verdicts]

/** A rule at work. */
export type Examiner = {
  /** Looks at a row, once for each record, in their order. */
  examine(bytes: Buffer, rows: Rows, row: number): RuleVerdict
  /** Of a rule about the value as a whole: the same for a value that was parsed. */
  judge?(value: unknown): RuleVerdict
  /** What is wrong with the record that was examined last. */
  describe(bytes: Buffer, rows: Rows, row: number): readonly Violation[]
  /** At the end of the input: what is wrong with all of it, in a sentence. `now` is the wall clock in milliseconds. */
  conclude?(now: number): string | undefined
}

/** Where the values of a path are in rows. */
export type Places = (path: Path) => number
