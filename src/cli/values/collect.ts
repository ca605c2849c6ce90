import { UsageError } from '../usage-error.js'

/** A commander parser of an option that may be given several times. */
export const collect =
  <T>(flag: string, parse: (text: string) => T) =>
  (text: string, before: readonly T[] = []): readonly T[] => {
    try {
      return [...before, parse(text)]
    } catch (error) {
      throw error instanceof Error ? new UsageError(`${flag}: ${error.message}`) : error
    }
  }
