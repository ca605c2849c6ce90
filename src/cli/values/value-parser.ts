/** What a value must look like, as data: errors, help, completion and schemas are made from it. */
export type Wanted = {
  /** In words: `a number and a unit`. */
  readonly wanted: string
  /** One or more valid values: `10/s or 5MB/s`. */
  readonly example: string
  /** The only values there are. */
  readonly words?: readonly string[]
  /** The shape of one value, where a regular expression can tell it. */
  readonly pattern?: string
  /** A number, a time, a size, a rate or a word: never a text, a name or a secret, so that it may be told and stored. */
  readonly closed?: true
  /** The option may be given several times; its value is the list of them. */
  readonly repeats?: true
}

/** Parses the text of a flag and describes the values that it accepts. Throws an `InvalidValue`. */
export type ValueParser<T> = ((text: string) => T) & Wanted

export const valueParser = <T>(wanted: Wanted, parse: (text: string) => T): ValueParser<T> =>
  Object.assign((text: string) => parse(text), wanted)

/** The same parser for an option that may be given several times. */
export const repeated = <T>(parse: ValueParser<T>): ValueParser<T> =>
  valueParser({ ...wantedOf(parse), repeats: true }, parse)

const wantedOf = ({ wanted, example, words, pattern, closed }: Wanted): Wanted => ({
  wanted,
  example,
  ...(words === undefined ? {} : { words }),
  ...(pattern === undefined ? {} : { pattern }),
  ...(closed === undefined ? {} : { closed }),
})
