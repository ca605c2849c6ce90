import { describeSystemError } from '../../core/io/system-error.js'
import { readNamed } from '../../stores/files/read-named.js'
import { UsageError } from '../usage-error.js'

/** A value that may be kept out of the command line. */
export type Secret = {
  readonly value: string
  /** How it is shown; undefined when it stood on the command line as it is. */
  readonly shown: string | undefined
}

/** Reads `env:NAME` or `@FILE` (without its last newline); any other text is the value itself. Throws a `UsageError` that begins with the flag. */
export const readSecret = (flag: string, text: string): Secret => {
  const [, name] = /^env:([A-Za-z_]\w*)$/.exec(text) ?? []
  if (name !== undefined) {
    const value = process.env[name]
    if (value === undefined) throw new UsageError(`${flag}: the environment variable ${name} is not set`)
    return { value, shown: text }
  }
  if (!text.startsWith('@') || text.length === 1) return { value: text, shown: undefined }
  return { value: readText(flag, text.slice(1)).replace(/\r?\n$/, ''), shown: text }
}

/** The text of a file that a flag names. Throws a `UsageError`. */
export const readText = (flag: string, file: string): string => {
  try {
    return readNamed(file).toString()
  } catch (error) {
    throw new UsageError(`${flag}: cannot read ${file}: ${describeSystemError(error)}`)
  }
}
