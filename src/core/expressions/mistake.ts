/** What is wrong with an expression, where, and what may stand there instead. */
export class Mistake extends RangeError {
  override readonly name = 'Mistake'
  /** The first wrong character, from 1. */
  readonly column: number

  constructor(
    text: string,
    at: number,
    problem: string,
    /** What may stand there. */
    readonly allowed: string,
    /** What was probably meant. */
    readonly suggestion?: string | undefined,
  ) {
    const column = [...text.slice(0, at)].length + 1
    const meant = suggestion === undefined ? '' : `; did you mean '${suggestion}'?`
    super(`column ${column}: ${problem}; allowed here: ${allowed}${meant}`)
    this.column = column
  }
}

/** The beginning of what stands at an offset, in quotes. */
export const quoteAt = (text: string, at: number): string => {
  if (text[at] === '"') return 'a string'
  const word = /^\s*(?:[\p{L}\p{N}_]+|[^\p{L}\p{N}\s]{1,3}|$)/u.exec(text.slice(at, at + 40))?.[0].trim() ?? ''
  return word === '' ? 'the end' : JSON.stringify(word)
}
