/**
 * One figure for many groups of records, each group with a row of its own. A row is begun before anything is added to it, and
 * is begun anew when it is used again.
 */
export type Column = {
  /** Makes room for rows below this number. */
  grow(rows: number): void
  begin(row: number): void
  /** Looks at the value of the next record, a JSON value in this range; false when it is of a type that does not fit. */
  read(bytes: Buffer, start: number, end: number): boolean
  /** Adds what was read last; `time` is the moment of its record. */
  add(row: number, time: number): void
  /** Adds all of another row. */
  merge(row: number, from: number): void
  /** Forgets what a row holds beyond its numbers. */
  clear(row: number): void
  /** The JSON of a figure; some columns have several. */
  write(row: number, figure: number): string
  /** What the value must be, in words. */
  readonly wanted: string
}

/** Bytes that columns hold beyond their numbers: values, sets, sketches. */
export type HeldBytes = { bytes: number }

/** The same numbers, with room for more. */
export const growNumbers = (from: Float64Array, rows: number): Float64Array<ArrayBuffer> => {
  const to = new Float64Array(rows)
  to.set(from)
  return to
}
