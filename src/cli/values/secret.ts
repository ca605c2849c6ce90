import { describeSystemError } from '../../core/io/system-error.js'
import { readNamed } from '../../stores/files/read-named.js'
import { UsageError } from '../usage-error.js'

/** A value that may be kept out of the command line. */
export type Secret = {
  readonly value: string
  /** How it is shown; undefined when it stood on the command line as it is. */
  readonly shown: string | undefined
}

/** Reads `env:NAME` or `@FILE` (without its last newline); any other text is the value itself, and refused when `env:NAME` stands within it unless it `isLiteral`. Throws a `UsageError` that begins with the flag. */
export const readSecret = (flag: string, text: string, isLiteral = false): Secret => {
  const [, name] = /^env:([A-Za-z_]\w*)$/.exec(text) ?? []
  if (name !== undefined) {
    const value = process.env[name]
    if (value === undefined) throw new UsageError(`${flag}: the environment variable ${name} is not set`)
    return { value, shown: text }
  }
  if (!text.startsWith('@') || text.length === 1) {
    if (!isLiteral) refuseInside(flag, text)
    return { value: text, shown: undefined }
  }
  return { value: readText(flag, text.slice(1)).replace(/\r?\n$/, ''), shown: text }
}

/** A reference where none is looked for would be sent as it stands, and nobody would see why. Throws a `UsageError`. */
export const refuseInside = (flag: string, text: string): void => {
  const [found] = /(?<![A-Za-z0-9_])env:[A-Z_][A-Z0-9_]*/.exec(text) ?? []
  if (found === undefined) return
  throw new UsageError(
    `${flag}: ${found} is inside other text and would be sent literally; use ${found} as the whole value, or in a header after a first word, as in 'Authorization: Bearer ${found}'; --literal-env allows it`,
  )
}

/** The text of a file that a flag names. Throws a `UsageError`. */
export const readText = (flag: string, file: string): string => {
  try {
    return readNamed(file).toString()
  } catch (error) {
    throw new UsageError(`${flag}: cannot read ${file}: ${describeSystemError(error)}`)
  }
}
