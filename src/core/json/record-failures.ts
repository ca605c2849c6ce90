import { Failure } from '../failure.js'
import type { Line } from '../lines.js'
import { describeError } from './describe-error.js'
import type { Path } from './path.js'

/** Why a line that is not one JSON value cannot be used, and where it goes wrong. */
export const parseFailure = (line: Line): Failure => {
  const { column, message } = describeError(line.bytes, 0, line.bytes.length)
  return new Failure('parse', 'input', `Line ${line.number}, column ${column}: ${message}`, { column })
}

/** Why a record without a field that an option names cannot be used. */
export const missingField = (number: number, { text }: Path, flag: string): Failure =>
  new Failure('field', 'input', `Line ${number} has no field ${text} for ${flag}`)
