/** An invalid value of a flag. The caller puts the flag before the message: `--rate: ${error.message}`. */
export class InvalidValue extends Error {
  override readonly name = 'InvalidValue'

  constructor(
    given: string,
    /** What is wrong with it: `is not a rate`. */
    problem: string,
    /** What is expected: `a number and a unit`. */
    readonly wanted: string,
    /** One or more valid values: `10/s or 5MB/s`. */
    readonly example: string,
    ending = `, such as ${example}`,
  ) {
    super(`${quote(given)} ${problem}; expected ${wanted}${ending}`)
  }
}

const longest = 60

const quote = (given: string) => JSON.stringify(given.length > longest ? `${given.slice(0, longest)}…` : given)
